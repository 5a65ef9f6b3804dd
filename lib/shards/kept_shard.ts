// A shard that was fetched whole: trusted by size and time, hashed again where these changed, and never used when it does not match.
import { resolve } from "node:path";
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import { digestFile, type FileDigest } from "../disk/digest.ts";
import { removeEntry } from "../disk/folder_entries.ts";
import { openSealed, seal } from "../disk/sealed_record.ts";
import { StoredStateError } from "../error/failure.ts";
import { type ShardPlace, shardPlace } from "./shard_place.ts";

/** Version of a shard's record. */
const SHARD_VERSION = 1;

/** A whole shard on this machine. */
export interface KeptShard extends FileDigest {
  readonly address: string;
  /** Absolute. */
  readonly path: string;
  /** Start of the names of its indexes, absolute. */
  readonly index: string;
}

/**
 * The shard that was fetched before; null where there is none, or where what is there is not what was fetched: that is removed, so
 * that it is fetched anew. The caller holds the shard's lock.
 */
export async function readKept(
  address: string,
  place: ShardPlace,
  log: (text: string, level: "warning") => void,
): Promise<KeptShard | null> {
  const kept = await lookUpKept(address, place);
  if (kept.kind === "whole") {
    const { shard, modifiedMs } = kept;
    // With the time that was found, the next look is spared the hash.
    if (modifiedMs !== kept.recordedMs) {
      await recordKept(shard, place, modifiedMs);
    }
    return shard;
  }
  if (kept.kind === "damaged") {
    log(
      `shard "${address}" is fetched again: ${kept.reason}`,
      "warning",
    );
    await removeEntry(place.record);
  }
  return null;
}

/** Writes that a shard is whole; `modifiedMs`: time of the file that has its digest. */
export async function recordKept(
  { address, bytes, sha256 }: KeptShard,
  place: ShardPlace,
  modifiedMs: number,
): Promise<void> {
  await writeJsonAtomically(
    place.record,
    seal({ version: SHARD_VERSION, address, bytes, sha256, modifiedMs }),
  );
}

/** What lies in a shard's place. Nothing is changed. */
export async function lookUpKept(
  address: string,
  place: ShardPlace,
): Promise<
  | { readonly kind: "absent" }
  | {
    readonly kind: "whole";
    readonly shard: KeptShard;
    /** Time of the file as it was found, and as the record has it. */
    readonly modifiedMs: number;
    readonly recordedMs: number;
  }
  | { readonly kind: "damaged"; readonly reason: string }
> {
  const record = await readRecord(place.record);
  if (record === null) return { kind: "absent" };
  if (typeof record === "string") return { kind: "damaged", reason: record };
  const { bytes, sha256, modifiedMs: recordedMs } = record;
  const shard = {
    address,
    path: place.tar,
    index: place.index,
    bytes,
    sha256,
  };
  let found: Deno.FileInfo;
  try {
    found = await Deno.stat(place.tar);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { kind: "damaged", reason: "its file is gone" };
  }
  if (found.size !== bytes) {
    return {
      kind: "damaged",
      reason: `its file has ${found.size} bytes, wanted ${bytes}`,
    };
  }
  const modifiedMs = found.mtime?.getTime() ?? 0;
  const isWhole = modifiedMs === recordedMs ||
    (await digestFile(place.tar)).sha256 === sha256;
  return isWhole ? { kind: "whole", shard, modifiedMs, recordedMs } : {
    kind: "damaged",
    reason: "its file has other content than when it was fetched",
  };
}

/** A shard with every byte read, whatever the time of its file; nothing is changed. `record`: path of its record. */
export async function verifyKept(root: string, record: string): Promise<
  | { readonly kind: "whole"; readonly bytes: number }
  | {
    readonly kind: "damaged";
    readonly place: string;
    readonly reason: string;
  }
> {
  const found = await readRecord(record);
  if (found === null || typeof found === "string") {
    const reason = found ?? "it is gone";
    return { kind: "damaged", place: record, reason };
  }
  const { tar, record: own } = shardPlace(root, found.address);
  if (resolve(own) !== resolve(record)) {
    const reason = `it is the record of "${found.address}"`;
    return { kind: "damaged", place: record, reason };
  }
  try {
    const { bytes, sha256 } = await digestFile(tar);
    if (sha256 === found.sha256) return { kind: "whole", bytes };
    const reason = "it has other content than when it was fetched";
    return { kind: "damaged", place: tar, reason };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { kind: "damaged", place: tar, reason: "it is gone" };
  }
}

interface ShardRecord extends FileDigest {
  readonly address: string;
  readonly modifiedMs: number;
}

/** The record, null where there is none, or why it cannot be trusted. */
async function readRecord(
  path: string,
): Promise<ShardRecord | string | null> {
  try {
    const text = await Deno.readTextFile(path);
    const record = openSealed(text, { path, version: SHARD_VERSION });
    const { address, bytes, sha256, modifiedMs } = record;
    return typeof address === "string" && typeof bytes === "number" &&
        typeof sha256 === "string" && typeof modifiedMs === "number"
      ? { address, bytes, sha256, modifiedMs }
      : `"${path}" lacks fields of a shard's record`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    if (error instanceof StoredStateError) return error.message;
    throw error;
  }
}
