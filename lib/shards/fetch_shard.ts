// Fetches a shard whole, once for everybody: a lock keeps others out, a cut connection or a kill costs only what was on its way.
import { SYSTEM_CLOCK } from "../clock/clock.ts";
import { digestFile } from "../disk/digest.ts";
import { FileLock } from "../disk/file_lock.ts";
import { renameEntry, syncFolder } from "../disk/folder_entries.ts";
import { describeHolder } from "../disk/lock_holder.ts";
import { LockedError, RefusedError, StepFailure } from "../error/failure.ts";
import { type KeptShard, readKept, recordKept } from "./kept_shard.ts";
import { PartialShard, removePartial, validatorOf } from "./partial_shard.ts";
import { FetchProblem, requestShard } from "./shard_request.ts";
import { type ShardPlace, shardPlace } from "./shard_place.ts";
import type { ShardToken } from "./shard_token.ts";

/** How shards are fetched. */
export interface FetchOptions {
  /** Absolute folder of all shards. */
  readonly root: string;
  readonly token: ShardToken | null;
  /** Further tries after one that brought no byte. */
  readonly retries: number;
  /** Before the first of them; each next one waits twice as long. */
  readonly retryDelayMs: number;
  /** How long a server may say nothing. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
  /** Bytes of the shard that are there; `total` is null where the server does not say. */
  readonly progress: (done: number, total: number | null) => void;
  readonly log: (text: string, level?: "info" | "warning") => void;
}

/** Another process may fetch for hours; whoever waits is told for whom. */
const LOCK_WAIT_MS = 24 * 3600 * 1000;
const LONGEST_DELAY_MS = 120_000;

/**
 * The shard of `url`, as it is kept or as it is fetched now.
 *
 * @throws {RefusedError} where the server says that it cannot be had
 * @throws {StepFailure} where the server does not deliver it; what came is kept
 */
export async function fetchShard(
  url: string,
  options: FetchOptions,
): Promise<KeptShard> {
  const place = shardPlace(options.root, url);
  await using _lock = await lockShard(url, place, options);
  const kept = await readKept(url, place, options.log);
  if (kept !== null) return kept;
  options.log(`fetches shard "${url}"`);
  await fetchWhole(url, place, options);
  return await commit(url, place);
}

async function lockShard(
  url: string,
  { lock }: ShardPlace,
  { signal, log }: FetchOptions,
): Promise<FileLock> {
  const attempt = await FileLock.acquire(lock, {
    waitMs: LOCK_WAIT_MS,
    signal,
    onWait: (holder) =>
      log(`waits for shard "${url}", which ${describeHolder(holder)} fetches`),
  });
  if (attempt.ok) return attempt.lock;
  throw new LockedError(
    `Cannot fetch shard "${url}": ${
      describeHolder(attempt.holder)
    } is fetching it`,
    { hint: "Wait for it, then run the same command again" },
  );
}

async function fetchWhole(
  url: string,
  place: ShardPlace,
  options: FetchOptions,
): Promise<void> {
  const { retries, retryDelayMs, signal, log } = options;
  let most = 0;
  for (let tries = 0;; tries++) {
    const { problem, done } = await attempt(url, place, options);
    if (problem === null) return;
    // A way that brings more each time is worth another try however often it breaks.
    if (done > most) tries = 0;
    most = Math.max(most, done);
    if (!problem.isTransient || tries >= retries) throw failure(url, problem);
    const delayMs = Math.max(
      problem.waitMs,
      Math.min(retryDelayMs * 2 ** tries, LONGEST_DELAY_MS),
    );
    log(
      `shard "${url}": ${problem.reason}; tries again in ${delayMs / 1000} s`,
      "warning",
    );
    await SYSTEM_CLOCK.sleep(delayMs, signal);
  }
}

/** One try, which keeps what comes; the problem is null where the shard is whole. */
async function attempt(
  url: string,
  place: ShardPlace,
  options: FetchOptions,
): Promise<{ readonly problem: FetchProblem | null; readonly done: number }> {
  using partial = await PartialShard.open(url, place);
  const before = partial.done;
  try {
    await fetchRest(url, partial, options);
    await partial.sync();
    return { problem: null, done: partial.done };
  } catch (error) {
    if (partial.done > before) await partial.keep();
    options.signal.throwIfAborted();
    if (!(error instanceof FetchProblem)) throw error;
    return { problem: error, done: partial.done };
  }
}

/** Appends what is missing. */
async function fetchRest(
  url: string,
  partial: PartialShard,
  options: FetchOptions,
): Promise<void> {
  const range = partial.rangeHeaders;
  const answer = await requestShard(url, range, options);
  try {
    const total = await startOf(answer.status, answer.headers, partial);
    if (answer.status === 416) return;
    options.progress(partial.done, total);
    for await (const chunk of answer.chunks()) {
      await partial.append(chunk);
      options.progress(partial.done, total);
    }
    if (total === null || partial.done === total) return;
    const reason = partial.done < total
      ? `the connection ended after ${partial.done} of ${total} bytes`
      : `the server sent ${partial.done} bytes and had promised ${total}`;
    if (partial.done > total) await partial.restart(null);
    throw new FetchProblem(reason, { isTransient: true });
  } finally {
    await answer.close();
  }
}

/** Brings the partial shard to where the body begins; answers the size of the whole, null where the server does not say. */
async function startOf(
  status: number,
  headers: Headers,
  partial: PartialShard,
): Promise<number | null> {
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(
    headers.get("content-range") ?? "",
  );
  const whole = range === null || range[2] === "*" ? null : Number(range[2]);
  if (status === 200) {
    await partial.restart(validatorOf(headers));
    const length = headers.get("content-length");
    return length === null ? null : Number(length);
  }
  const fits = status === 206
    ? Number(range?.[1]) === partial.done
    : whole === partial.done && partial.done > 0;
  if (fits) return whole;
  await partial.restart(null);
  throw new FetchProblem("the server sent another part than was asked for", {
    isTransient: true,
  });
}

async function commit(url: string, place: ShardPlace): Promise<KeptShard> {
  const digest = await digestFile(place.partial);
  await renameEntry(place.partial, place.tar);
  await syncFolder(place.folder);
  const { tar: path, index } = place;
  const shard: KeptShard = { address: url, path, index, ...digest };
  await recordKept(shard, place, Deno.statSync(path).mtime?.getTime() ?? 0);
  await removePartial(place);
  return shard;
}

function failure(url: string, problem: FetchProblem): Error {
  const message = `Cannot fetch shard "${url}": ${problem.reason}`;
  if (!problem.isTransient) {
    return new RefusedError(message, {
      cause: problem,
      ...(problem.hint === null ? {} : { hint: problem.hint }),
    });
  }
  return new StepFailure(message, {
    cause: problem,
    hint:
      "Run the same command again: it goes on where this one stopped; `data.dataloader_max_retries` says how often it tries",
  });
}
