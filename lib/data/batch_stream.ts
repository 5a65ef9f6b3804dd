// Batches of a dataset as a function of (seed, epoch, batch): a resumed step needs no state of it.
import { Permutation } from "../random/permutation.ts";
import { RandomStream } from "../random/random_stream.ts";
import type { ImageTextFolder } from "./image_text_folder.ts";

/** How a dataset is cut into batches. */
export interface BatchOptions {
  readonly batchSize: number;
  readonly seed: number;
  /** Batches after which an epoch ends early; null for all. */
  readonly maxBatches: number | null;
}

/** Examples that are trained together. */
export interface Batch {
  /** [size, height, width, 3] in [-1, 1]. */
  readonly images: Float32Array;
  readonly height: number;
  readonly width: number;
  readonly captions: readonly string[];
  /** Places in the dataset. */
  readonly indices: readonly number[];
  readonly size: number;
}

interface Prefetched {
  readonly epoch: number;
  readonly batch: number;
  readonly made: Promise<Batch>;
}

/**
 * Reads batches in a shuffled order, each picture once per epoch; the last batch holds the rest. While one batch is trained
 * on, the next one is made.
 */
export class BatchStream {
  readonly #dataset: ImageTextFolder;
  readonly #options: BatchOptions;
  readonly batchesPerEpoch: number;
  #next: Prefetched | null = null;

  /** @throws {RangeError} when the batch size or the limit is no whole number from 1 on. */
  constructor(dataset: ImageTextFolder, options: BatchOptions) {
    const { batchSize, maxBatches } = options;
    for (const count of [batchSize, maxBatches ?? 1]) {
      if (!Number.isInteger(count) || count < 1) {
        throw new RangeError(`Cannot make batches of ${count}`);
      }
    }
    this.#dataset = dataset;
    this.#options = options;
    this.batchesPerEpoch = Math.min(
      Math.ceil(dataset.size / batchSize),
      maxBatches ?? Infinity,
    );
  }

  /**
   * Batch number `batch` of an epoch, both counted from 0.
   *
   * @throws {RangeError} for a batch that the epoch does not have.
   * @throws {StepFailure} naming a picture that cannot be read.
   */
  async read(epoch: number, batch: number): Promise<Batch> {
    if (
      !Number.isInteger(batch) || batch < 0 || batch >= this.batchesPerEpoch
    ) {
      throw new RangeError(
        `Cannot read batch ${batch} of ${this.batchesPerEpoch}`,
      );
    }
    const ahead = this.#next;
    this.#next = null;
    const isAhead = ahead?.epoch === epoch && ahead.batch === batch;
    const made = await (isAhead ? ahead.made : this.#make(epoch, batch));
    this.#prefetch(epoch, batch);
    return made;
  }

  #prefetch(epoch: number, batch: number): void {
    const isLast = batch + 1 === this.batchesPerEpoch;
    const next = isLast
      ? { epoch: epoch + 1, batch: 0 }
      : { epoch, batch: batch + 1 };
    const made = this.#make(next.epoch, next.batch);
    // Whoever reads the batch gets the failure; unread, it must not end the process.
    made.catch(() => {});
    this.#next = { ...next, made };
  }

  async #make(epoch: number, batch: number): Promise<Batch> {
    const { batchSize, seed } = this.#options;
    const dataset = this.#dataset;
    const order = Permutation.of(dataset.size, seed, epoch);
    const from = batch * batchSize;
    const size = Math.min(batchSize, dataset.size - from);
    const indices = Array.from(
      { length: size },
      (_, row) => order.at(from + row),
    );
    const { height, width } = dataset;
    const each = height * width * 3;
    const images = new Float32Array(size * each);
    for (const [row, index] of indices.entries()) {
      const pixels = await dataset.pixels(index);
      const target = images.subarray(row * each, (row + 1) * each);
      if (dataset.flip && isMirrored(seed, epoch, index)) {
        copyMirrored(pixels, target, width);
      } else {
        copyPlain(pixels, target);
      }
    }
    const captions = indices.map((index) => dataset.caption(index));
    return { images, height, width, captions, indices, size };
  }
}

/** Bytes to [-1, 1]. */
function copyPlain(pixels: Uint8Array, target: Float32Array): void {
  for (let at = 0; at < target.length; at++) {
    target[at] = pixels[at]! / 127.5 - 1;
  }
}

function copyMirrored(
  pixels: Uint8Array,
  target: Float32Array,
  width: number,
): void {
  const rowLength = width * 3;
  for (let row = 0; row < target.length; row += rowLength) {
    for (let x = 0; x < width; x++) {
      const from = row + (width - 1 - x) * 3;
      const to = row + x * 3;
      for (let channel = 0; channel < 3; channel++) {
        target[to + channel] = pixels[from + channel]! / 127.5 - 1;
      }
    }
  }
}

/** By the picture, not by its place in the batch: another batch size mirrors the same ones. */
function isMirrored(seed: number, epoch: number, index: number): boolean {
  return RandomStream.of(seed, `flip/${epoch}`, index).uniform() < 0.5;
}
