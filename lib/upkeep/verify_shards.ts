// Every byte of the shards that were fetched, against the digests that they were kept with.
import type { LeaseTiming } from "../disk/lease.ts";
import { verifyKept } from "../shards/kept_shard.ts";
import { inspectWorkLock } from "../store/shared_folder.ts";
import { storeLayout } from "../store/store_layout.ts";
import type { Finding } from "./finding.ts";
import { shardFiles } from "./shard_use.ts";

/** What a look at the fetched shards finds. */
export interface ShardsVerdict {
  /** Shards that are as they were fetched. */
  readonly files: number;
  readonly bytes: number;
  readonly findings: readonly Finding[];
}

/**
 * Hashes the shards in the store; `isMeant` chooses among them by their records. Those that a process fetches at this moment are passed
 * over, and so are indexes: whoever reads one opens its seal, and makes it anew where it does not hold.
 */
export async function verifyShards(
  runsDir: string,
  sharing: LeaseTiming | null,
  isMeant: (record: string) => boolean,
): Promise<ShardsVerdict> {
  const { shards } = storeLayout(runsDir);
  const findings: Finding[] = [];
  let files = 0;
  let bytes = 0;
  for (const record of shardFiles(runsDir)) {
    const isRecord = record.endsWith(".json") &&
      !/\.(part|index)\.json$/.test(record);
    if (!isRecord || !isMeant(record)) continue;
    const lock = record.replace(/\.json$/, ".lock");
    if ((await inspectWorkLock(lock, sharing)).kind === "held") continue;
    const found = await verifyKept(shards, record);
    if (found.kind === "whole") {
      files++;
      bytes += found.bytes;
      continue;
    }
    findings.push({
      place: found.place,
      reason: `${found.reason}; with "${record}" removed, it is fetched again`,
    });
  }
  return { files, bytes, findings };
}
