// Indexes of shards as they are kept: under the content of the shard and the keys that were read in it.
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import { digestRecord } from "../disk/digest.ts";
import { openSealed, seal } from "../disk/sealed_record.ts";
import { StoredStateError } from "../error/failure.ts";
import { isCount, isListOf, isText } from "../json/value_shapes.ts";
import type { ShardIndex, ShardKeys } from "./shard_index.ts";

const INDEX_VERSION = 1;

/** What an index is kept under. */
export interface ShardIndexKey {
  /** SHA-256 of the shard. */
  readonly sha256: string;
  readonly keys: ShardKeys;
}

/** Path of the index whose names begin with `stem`. */
export function shardIndexPath(stem: string, key: ShardIndexKey): string {
  return `${stem}.${digestRecord(key).slice(0, 16)}.index.json`;
}

/** Where the indexes of local shards are kept, below the folder of all shards: the name tells the content. */
export function localIndexStem(root: string, sha256: string): string {
  return join(root, "local", sha256.slice(0, 16));
}

/** The kept index; null where there is none that can be used, since reading the shard again gives the right answer. */
export async function readShardIndex(
  path: string,
  key: ShardIndexKey,
): Promise<ShardIndex | null> {
  try {
    const record = openSealed(await Deno.readTextFile(path), {
      path,
      version: INDEX_VERSION,
    });
    return isDeepStrictEqual(record["key"], key) ? storedIndex(record) : null;
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound || error instanceof StoredStateError
    ) return null;
    throw error;
  }
}

/** Keeps an index; the folder must be there. */
export async function writeShardIndex(
  path: string,
  key: ShardIndexKey,
  { samples, endings }: ShardIndex,
): Promise<void> {
  await writeJsonAtomically(
    path,
    seal({
      version: INDEX_VERSION,
      key,
      endings,
      samples: samples.map((
        { name, offset, sizeBytes, header, caption, content },
      ) => [
        name,
        offset,
        sizeBytes,
        typeof header === "string" ? header : [header.width, header.height],
        caption,
        content,
      ]),
    }),
  );
}

type StoredSample = [
  name: string,
  offset: number,
  sizeBytes: number,
  header: string | [width: number, height: number],
  caption: string,
  content: string,
];

/** Null where somebody else sealed it: the shape is not what was written. */
function storedIndex(
  record: Readonly<Record<string, unknown>>,
): ShardIndex | null {
  const { endings, samples } = record;
  const isRight = isListOf(endings, isText) &&
    isListOf(samples, isStoredSample);
  if (!isRight) return null;
  return {
    endings,
    samples: samples.map((
      [name, offset, sizeBytes, header, caption, content],
    ) => ({
      name,
      offset,
      sizeBytes,
      header: typeof header === "string"
        ? header
        : { width: header[0], height: header[1] },
      caption,
      content,
    })),
  };
}

function isStoredSample(value: unknown): value is StoredSample {
  if (!Array.isArray(value)) return false;
  const [name, offset, sizeBytes, header, caption, content] = value;
  return isText(name) && isCount(offset) && isCount(sizeBytes) &&
    (isText(header) ||
      (Array.isArray(header) && header.length === 2 &&
        header.every((side) => isCount(side) && side > 0))) &&
    isText(caption) && isText(content);
}
