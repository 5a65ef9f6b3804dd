// Tar shards in a plan: local ones are known by their content, remote ones by their addresses, since a plan touches no network.
import { basename, dirname } from "node:path";
import type { ShardEntry } from "../catalog/pipeline.ts";
import { type IndexLookup, indexShard } from "../data/indexed_shard.ts";
import { shardKeysOf } from "../data/shard_index.ts";
import { localIndexStem } from "../data/shard_index_file.ts";
import { openShardSource } from "../data/shard_source.ts";
import { digestRecord } from "../disk/digest.ts";
import { RefusedError } from "../error/failure.ts";
import { lookUpKept } from "../shards/kept_shard.ts";
import { hostOf } from "../shards/shard_address.ts";
import { shardFolder, shardPlace } from "../shards/shard_place.ts";
import type { FingerprintCache } from "../store/fingerprint_cache.ts";
import type { LocalShardFile, ShardPlaces } from "../store/step_request.ts";
import type { SampleHeaders } from "./known_dimensions.ts";

/** More files than these would make a command line too long: their folders are granted instead. */
const MOST_FILES_GRANTED = 100;

/** Identity of local shards: their content in their order; null for remote ones. */
export async function shardFingerprint(
  entry: ShardEntry,
  cache: FingerprintCache,
): Promise<string | null> {
  if (entry.shards.kind === "remote") return null;
  const files: string[] = [];
  for (const path of entry.shards.paths) {
    files.push((await fileOf(path, cache)).sha256);
  }
  return digestRecord({ shards: files });
}

/** Where a step finds the shards; `root` is the absolute folder of all shards. */
export async function shardPlaces(
  entry: ShardEntry,
  root: string,
  cache: FingerprintCache,
): Promise<ShardPlaces> {
  const { shards } = entry;
  if (shards.kind === "remote") {
    const { urls } = shards;
    const folders = distinct(urls.map((url) => shardFolder(root, url)));
    const hosts = distinct(urls.map(hostOf));
    return { root, read: [], folders, hosts, files: [] };
  }
  const files: LocalShardFile[] = [];
  for (const path of shards.paths) {
    const { sha256, bytes } = await fileOf(path, cache);
    files.push({ path, sha256, bytes, index: localIndexStem(root, sha256) });
  }
  const paths = files.map(({ path }) => path);
  const read = paths.length <= MOST_FILES_GRANTED
    ? paths
    // The hub's own folder holds links to where the content lies.
    : paths.flatMap((
      path,
    ) => [dirname(path), dirname(Deno.realPathSync(path))]);
  const indexes = files.map(({ index }) => dirname(index));
  return {
    ...{ root, folders: [], hosts: [], files },
    read: distinct([...read, ...indexes]),
  };
}

/** Name and content of each local shard. */
export function shardFiles({ files }: ShardPlaces): [string, string][] {
  return files.map(({ path, sha256 }) => [basename(path), sha256]);
}

/** What the shards' pictures are, as far as that is known on this machine; null while remote shards are yet to be fetched. */
export async function shardHeaders(
  entry: ShardEntry,
  places: ShardPlaces,
): Promise<SampleHeaders | null> {
  const keys = shardKeysOf(entry);
  const lookups: IndexLookup[] = [];
  for (const file of places.files) {
    lookups.push(await indexShard({ ...file, address: file.path }, keys));
  }
  if (entry.shards.kind === "remote") {
    for (const url of entry.shards.urls) {
      const kept = await lookUpKept(url, shardPlace(places.root, url));
      if (kept.kind !== "whole") return null;
      lookups.push(await indexShard(kept.shard, keys));
    }
  }
  const source = openShardSource(lookups.map(({ shard }) => shard), keys);
  return {
    ...source,
    contents: () => Promise.resolve(source.contents),
    async save() {
      for (const lookup of lookups) await lookup.save();
    },
  };
}

async function fileOf(
  path: string,
  cache: FingerprintCache,
): Promise<{ readonly sha256: string; readonly bytes: number }> {
  let found: Deno.FileInfo;
  try {
    found = await Deno.stat(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new RefusedError(`Cannot read shard "${path}": it is gone`, {
      cause,
      hint: "Leave the shards alone, or correct webdataset_url",
    });
  }
  return { sha256: await cache.digest(path, found), bytes: found.size };
}

function distinct(entries: readonly string[]): string[] {
  return [...new Set(entries)];
}
