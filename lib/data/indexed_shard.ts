// The index of a shard, as it is kept or as it is made now.
import { dirname } from "node:path";
import { makeFolder } from "../disk/folder_entries.ts";
import { RefusedError } from "../error/failure.ts";
import { TarFailure } from "../format/tar_members.ts";
import { buildShardIndex, type ShardKeys } from "./shard_index.ts";
import {
  readShardIndex,
  shardIndexPath,
  writeShardIndex,
} from "./shard_index_file.ts";
import type { IndexedShard } from "./shard_source.ts";

/** A shard on this machine. */
export interface ShardFile {
  /** What the user calls it: its address, or its path. */
  readonly address: string;
  /** Absolute. */
  readonly path: string;
  /** Start of the names of its indexes, absolute. */
  readonly index: string;
  readonly sha256: string;
}

/** A shard with its index. */
export interface IndexLookup {
  readonly shard: IndexedShard;
  /** Keeps the index for the next time; writes nothing where it is kept already. */
  save(): Promise<void>;
}

/**
 * Looks up the index of a shard, or reads the shard to make one.
 *
 * @throws {RefusedError} where the shard is no tar archive, or a damaged one
 */
export async function indexShard(
  { address, path, index: stem, sha256 }: ShardFile,
  keys: ShardKeys,
  signal?: AbortSignal,
): Promise<IndexLookup> {
  const key = { sha256, keys };
  const indexPath = shardIndexPath(stem, key);
  const kept = await readShardIndex(indexPath, key);
  const index = kept ?? await build(address, path, keys, signal);
  return {
    shard: { ...index, address, path },
    async save() {
      if (kept !== null) return;
      await makeFolder(dirname(indexPath));
      await writeShardIndex(indexPath, key, index);
    },
  };
}

async function build(
  address: string,
  path: string,
  keys: ShardKeys,
  signal: AbortSignal | undefined,
) {
  try {
    return await buildShardIndex(path, keys, signal);
  } catch (error) {
    if (!(error instanceof TarFailure)) throw error;
    throw new RefusedError(`Cannot read shard "${address}": ${error.reason}`, {
      cause: error,
      hint: path === address
        ? "Replace the file by a whole tar archive that is not compressed"
        : `Once the server has a whole one, remove "${path}" and run the same command again`,
    });
  }
}
