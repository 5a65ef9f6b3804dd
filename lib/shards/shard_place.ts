// Where fetched shards are kept: one folder for each folder of a server, so that a step is granted one place for many shards.
import { join } from "node:path";
import { sha256Hex } from "../disk/digest.ts";
import { hostOf } from "./shard_address.ts";

/** Files of one shard; all lie in `folder`. */
export interface ShardPlace {
  readonly folder: string;
  readonly tar: string;
  /** Address, size and SHA-256 of the whole shard; written last, without it the shard does not count as fetched. */
  readonly record: string;
  /** What has come so far. */
  readonly partial: string;
  /** What the rest has to go with. */
  readonly partialRecord: string;
  /** Held by the process that fetches. */
  readonly lock: string;
  /** Start of the names of the shard's indexes. */
  readonly index: string;
}

/** The folder for a shard's neighbours on its server, below `root`, the folder of all shards. */
export function shardFolder(root: string, url: string): string {
  const { origin, pathname } = new URL(url);
  const above = `${origin}${pathname.slice(0, pathname.lastIndexOf("/") + 1)}`;
  const host = hostOf(url).replaceAll(/[^A-Za-z0-9.-]+/g, "_");
  return join(root, `${host}-${sha256Hex(above).slice(0, 16)}`);
}

/** Places of one shard. */
export function shardPlace(root: string, url: string): ShardPlace {
  const folder = shardFolder(root, url);
  const last = shardName(url).replaceAll(/[^A-Za-z0-9._-]+/g, "_")
    .replace(/^\.+/, "").replace(/\.tar$/, "").slice(-60);
  // Two addresses may differ in what cannot stand in a file name.
  const stem = join(folder, `${last}-${sha256Hex(url).slice(0, 16)}`);
  return {
    folder,
    tar: `${stem}.tar`,
    record: `${stem}.json`,
    partial: `${stem}.part`,
    partialRecord: `${stem}.part.json`,
    lock: `${stem}.lock`,
    index: stem,
  };
}

/** The last part of a path or of an address. */
export function shardName(address: string): string {
  const path = /^https?:/i.test(address) ? new URL(address).pathname : address;
  return path.slice(path.lastIndexOf("/") + 1);
}
