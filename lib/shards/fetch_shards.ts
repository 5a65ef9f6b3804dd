// All shards of a dataset, several at a time; the first failure ends the others, whose parts are kept.
import { type FetchOptions, fetchShard } from "./fetch_shard.ts";
import type { KeptShard } from "./kept_shard.ts";

const AT_A_TIME = 4;

/** What is told of all shards together. */
export interface FetchAllOptions extends Omit<FetchOptions, "progress"> {
  /** Bytes that came or were there; the total is an estimate until every server has said its size. */
  readonly progress: (done: number, total: number) => void;
}

/** The shards in the order of their addresses, fetched where they are not kept. */
export async function fetchShards(
  urls: readonly string[],
  options: FetchAllOptions,
): Promise<KeptShard[]> {
  const kept: KeptShard[] = [];
  const sizes = new Map<string, { done: number; total: number }>();
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const sum = { done: 0, total: 0 };
  const tell = (url: string, done: number, total: number) => {
    const before = sizes.get(url);
    sizes.set(url, { done, total });
    sum.done += done - (before?.done ?? 0);
    sum.total += total - (before?.total ?? 0);
    options.progress(
      sum.done,
      Math.round(sum.total / sizes.size * urls.length),
    );
  };
  const waiting = [...urls.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, url] = next;
      signal.throwIfAborted();
      const shard = await fetchShard(url, {
        ...options,
        signal,
        progress: (done, total) => tell(url, done, total ?? done),
      });
      kept[index] = shard;
      tell(url, shard.bytes, shard.bytes);
    }
  };
  const workers = Array.from({ length: AT_A_TIME }, async () => {
    try {
      await work();
    } catch (error) {
      // Later ones fail because of this one.
      stop.abort(error);
      throw error;
    }
  });
  const ends = await Promise.allSettled(workers);
  options.signal.throwIfAborted();
  if (ends.some((end) => end.status === "rejected")) throw stop.signal.reason;
  return kept;
}
