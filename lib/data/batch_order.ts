// Which views are trained together, and when: buckets of one size each, cut into batches whose order is a function of seed and epoch.
import type { PictureSize } from "../format/image_header.ts";
import { Permutation } from "../random/permutation.ts";
import type { ViewTable } from "./view_table.ts";

/** How views are cut into batches. */
export interface BatchOptions {
  readonly batchSize: number;
  readonly seed: number;
  /** Batches after which an epoch ends early; null for all. */
  readonly maxBatches: number | null;
}

/** Views that have one size. */
export interface Bucket {
  readonly size: PictureSize;
  readonly views: Uint32Array;
}

/** One batch, not yet read. */
export interface PlannedBatch {
  readonly size: PictureSize;
  readonly views: readonly number[];
}

/**
 * The order of all epochs. Each view comes once per epoch; the last batch of each bucket holds the rest of it. Any batch of any
 * epoch is found in constant time: nothing is shuffled beforehand, and nothing has to be stored to go on.
 */
export class BatchOrder {
  readonly batchesPerEpoch: number;
  readonly buckets: readonly Bucket[];
  readonly #options: BatchOptions;
  /** Per bucket the number of batches before it. */
  readonly #starts: readonly number[];
  readonly #allBatches: number;

  /** @throws {RangeError} when the batch size or the limit is no whole number from 1 on. */
  constructor(views: ViewTable, options: BatchOptions) {
    const { batchSize, maxBatches } = options;
    for (const count of [batchSize, maxBatches ?? 1]) {
      if (!Number.isInteger(count) || count < 1) {
        throw new RangeError(`Cannot make batches of ${count}`);
      }
    }
    this.#options = options;
    this.buckets = bucketsOf(views);
    const starts: number[] = [];
    let before = 0;
    for (const bucket of this.buckets) {
      starts.push(before);
      before += Math.ceil(bucket.views.length / batchSize);
    }
    this.#starts = starts;
    this.#allBatches = before;
    this.batchesPerEpoch = Math.min(before, maxBatches ?? Infinity);
  }

  /**
   * Batch number `batch` of an epoch, both counted from 0.
   *
   * @throws {RangeError} for a batch that the epoch does not have.
   */
  at(epoch: number, batch: number): PlannedBatch {
    if (
      !Number.isInteger(batch) || batch < 0 || batch >= this.batchesPerEpoch
    ) {
      throw new RangeError(
        `Cannot read batch ${batch} of ${this.batchesPerEpoch}`,
      );
    }
    const { seed, batchSize } = this.#options;
    // One bucket is in a random order already.
    const isMixed = this.buckets.length > 1;
    const place = isMixed
      ? Permutation.of(this.#allBatches, seed, epoch, "batches").at(batch)
      : batch;
    const number = lastAtMost(this.#starts, place);
    const { size, views } = this.buckets[number]!;
    const name = isMixed ? `order/${size.width}x${size.height}` : "order";
    const order = Permutation.of(views.length, seed, epoch, name);
    const from = (place - this.#starts[number]!) * batchSize;
    const count = Math.min(batchSize, views.length - from);
    return {
      size,
      views: Array.from(
        { length: count },
        (_, row) => views[order.at(from + row)]!,
      ),
    };
  }
}

/** Views by size, from small to large by height and then width; inside a bucket by number. */
export function bucketsOf(views: ViewTable): Bucket[] {
  const found = new Map<string, { size: PictureSize; views: number[] }>();
  for (let view = 0; view < views.count; view++) {
    const size = views.sizeOf(view);
    const key = `${size.width}x${size.height}`;
    const bucket = found.get(key);
    if (bucket === undefined) found.set(key, { size, views: [view] });
    else bucket.views.push(view);
  }
  return [...found.values()]
    .sort((a, b) =>
      a.size.height - b.size.height || a.size.width - b.size.width
    )
    .map(({ size, views }) => ({ size, views: Uint32Array.from(views) }));
}

/** Place of the last number that is at most `wanted`; the numbers rise and begin with 0. */
function lastAtMost(numbers: readonly number[], wanted: number): number {
  let low = 0;
  let high = numbers.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (numbers[middle]! <= wanted) low = middle;
    else high = middle - 1;
  }
  return low;
}
