// Opens a dataset of tar shards: fetches what is not here yet, makes sure that a step goes on with the shards it began with, indexes.
import { join } from "node:path";
import { indexShard, type ShardFile } from "../data/indexed_shard.ts";
import { shardKeysOf } from "../data/shard_index.ts";
import {
  type IndexedShard,
  openShardSource,
  type ShardSource,
} from "../data/shard_source.ts";
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import { sizeOrNull } from "../disk/present_entries.ts";
import { openSealed, seal } from "../disk/sealed_record.ts";
import { RefusedError, StoredStateError } from "../error/failure.ts";
import { isRecord } from "../json/record.ts";
import { fetchShards } from "../shards/fetch_shards.ts";
import type { KeptShard } from "../shards/kept_shard.ts";
import type { ShardDataset } from "../store/step_request.ts";
import type { StepContext } from "./step_context.ts";

/** What opening data needs of a step. */
export type DataContext = Pick<
  StepContext,
  "request" | "folder" | "secrets" | "signal" | "log" | "progress"
>;

/** In a step's folder: the digests of the remote shards that it trained on, which its key cannot know. */
const SHARDS_FILE = "shards.json";

const SHARDS_VERSION = 1;
/** A server that says nothing for this long is taken for gone. */
const IDLE_MS = 60_000;

/**
 * The samples of all shards of a dataset.
 *
 * @throws {StoredStateError} where a shard is another one than the step began with
 */
export async function openShards(
  context: DataContext,
  dataset: ShardDataset,
): Promise<ShardSource> {
  const keys = shardKeysOf(dataset);
  const files: readonly ShardFile[] = dataset.shards.kind === "remote"
    ? await fetchAll(context, dataset, dataset.shards.urls)
    : localFiles(dataset);
  const shards: IndexedShard[] = [];
  for (const [index, file] of files.entries()) {
    const lookup = await indexShard(file, keys, context.signal);
    // Indexes of local shards are kept by the runner, which made them for its plan.
    if (dataset.shards.kind === "remote") await lookup.save();
    shards.push(lookup.shard);
    context.progress({
      phase: "index shards",
      done: index + 1,
      total: files.length,
    });
  }
  return openShardSource(shards, keys);
}

async function fetchAll(
  context: DataContext,
  { places, token_variable }: ShardDataset,
  urls: readonly string[],
): Promise<KeptShard[]> {
  const { dataloader_max_retries, dataloader_retry_delay } =
    context.request.data;
  const kept = await fetchShards(urls, {
    root: places.root,
    token: token_variable === null ? null : {
      name: token_variable,
      value: context.secrets[token_variable] ?? null,
    },
    retries: dataloader_max_retries,
    retryDelayMs: dataloader_retry_delay * 1000,
    idleMs: IDLE_MS,
    signal: context.signal,
    log: context.log,
    progress: (done, total) =>
      context.progress({
        phase: "fetch KiB",
        done: Math.ceil(done / 1024),
        total: Math.ceil(total / 1024),
      }),
  });
  await recordDigests(context, kept);
  return kept;
}

/** Compares the shards with those that the step began with, and notes those that it begins with now. */
async function recordDigests(
  { folder, request }: DataContext,
  kept: readonly KeptShard[],
): Promise<void> {
  const path = join(folder, SHARDS_FILE);
  const known = await readDigests(path);
  for (const { address, sha256 } of kept) {
    const before = known.get(address);
    if (before === undefined || before.sha256 === sha256) continue;
    throw new StoredStateError(
      `Cannot go on with step "${request.step.name}": shard "${address}" is not the one that it began with: its SHA-256 is ${sha256}, wanted ${before.sha256}`,
      {
        hint:
          `The server has another file now: bring the former one back, or start the step over with --force ${request.step.name}`,
      },
    );
  }
  const isKnown = kept.every(({ address }) => known.has(address));
  if (isKnown) return;
  for (const { address, bytes, sha256 } of kept) {
    known.set(address, { address, bytes, sha256 });
  }
  const shards = [...known.values()];
  await writeJsonAtomically(path, seal({ version: SHARDS_VERSION, shards }));
}

type ShardDigest = Pick<KeptShard, "address" | "bytes" | "sha256">;

async function readDigests(path: string): Promise<Map<string, ShardDigest>> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Map();
    throw error;
  }
  const { shards } = openSealed(text, { path, version: SHARDS_VERSION });
  if (!Array.isArray(shards) || !shards.every(isShardDigest)) {
    throw new StoredStateError(
      `Cannot read "${path}": it lacks fields of a list of shards`,
    );
  }
  return new Map(shards.map((one) => [one.address, one]));
}

function isShardDigest(value: unknown): value is ShardDigest {
  return isRecord(value) && typeof value["address"] === "string" &&
    typeof value["bytes"] === "number" && typeof value["sha256"] === "string";
}

function localFiles({ places }: ShardDataset): ShardFile[] {
  return places.files.map((file) => {
    const found = sizeOrNull(file.path);
    if (found === file.bytes) return { ...file, address: file.path };
    throw new RefusedError(
      `Cannot read shard "${file.path}": ${
        found === null
          ? "it is gone"
          : `it has ${found} bytes, wanted ${file.bytes}`
      }`,
      { hint: "Leave the shards alone, and run the same command again" },
    );
  });
}
