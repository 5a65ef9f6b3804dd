// Batches of a dataset as a function of (seed, epoch, batch): a resumed step needs no state of it.
import { RandomStream } from "../random/random_stream.ts";
import { BatchOrder } from "./batch_order.ts";
import { type CorruptSample, CorruptSampleError } from "./corrupt_sample.ts";
import type { PictureSet } from "./picture_set.ts";

/** How a dataset is read in batches. */
export interface BatchStreamOptions {
  readonly batchSize: number;
  readonly seed: number;
  /** Batches after which an epoch ends early; null for all. */
  readonly maxBatches: number | null;
  /** Batches that are made while one is trained on; 1 by default. */
  readonly ahead?: number;
}

/** Examples that are trained together. */
export interface Batch {
  /** [size, height, width, 3] in [-1, 1]. */
  readonly images: Float32Array;
  readonly height: number;
  readonly width: number;
  readonly captions: readonly string[];
  /** Places of the pictures in the dataset. */
  readonly indices: readonly number[];
  /** Numbers of the views in the dataset. */
  readonly views: readonly number[];
  /** Rows; 0 where every picture of the batch is corrupt. */
  readonly size: number;
  /** Samples that belong to the batch and could not be used. */
  readonly corrupt: readonly CorruptSample[];
}

/** Reads batches in a shuffled order. While one batch is trained on, the next ones are made. */
export class BatchStream {
  readonly batchesPerEpoch: number;
  readonly #dataset: PictureSet;
  readonly #seed: number;
  readonly #order: BatchOrder;
  readonly #ahead: number;
  /** Batches that are being made, by `epoch/batch`. */
  readonly #made = new Map<string, Promise<Batch>>();

  /** @throws {RangeError} when the batch size or the limit is no whole number from 1 on. */
  constructor(dataset: PictureSet, options: BatchStreamOptions) {
    this.#dataset = dataset;
    this.#seed = options.seed;
    this.#order = new BatchOrder(dataset.views, options);
    this.#ahead = options.ahead ?? 1;
    this.batchesPerEpoch = this.#order.batchesPerEpoch;
  }

  /**
   * Batch number `batch` of an epoch, both counted from 0.
   *
   * @throws {RangeError} for a batch that the epoch does not have.
   * @throws {StepFailure} naming a picture that is gone or was replaced.
   */
  async read(epoch: number, batch: number): Promise<Batch> {
    const wanted = `${epoch}/${batch}`;
    const made = this.#made.get(wanted) ?? this.#make(epoch, batch);
    const next = this.#following(epoch, batch);
    for (const name of this.#made.keys()) {
      if (!next.some((one) => name === `${one.epoch}/${one.batch}`)) {
        this.#made.delete(name);
      }
    }
    const result = await made;
    for (const one of next) this.#prepare(one.epoch, one.batch);
    return result;
  }

  #following(epoch: number, batch: number) {
    return Array.from({ length: this.#ahead }, (_, index) => {
      const place = batch + 1 + index;
      return {
        epoch: epoch + Math.floor(place / this.batchesPerEpoch),
        batch: place % this.batchesPerEpoch,
      };
    });
  }

  #prepare(epoch: number, batch: number): void {
    const name = `${epoch}/${batch}`;
    if (this.#made.has(name)) return;
    const made = this.#make(epoch, batch);
    // Whoever reads the batch gets the failure; unread, it must not end the process.
    made.catch(() => {});
    this.#made.set(name, made);
  }

  async #make(epoch: number, batch: number): Promise<Batch> {
    const dataset = this.#dataset;
    const planned = this.#order.at(epoch, batch);
    const { height, width } = planned.size;
    const each = height * width * 3;
    const images = new Float32Array(planned.views.length * each);
    const views: number[] = [];
    const corrupt: CorruptSample[] = [];
    for (const view of planned.views) {
      const pixels = await pixelsOrCorrupt(dataset, view);
      if (pixels instanceof CorruptSampleError) {
        corrupt.push(pixels.sample);
        continue;
      }
      const row = views.push(view) - 1;
      const target = images.subarray(row * each, (row + 1) * each);
      const index = dataset.views.pictureOf(view);
      if (dataset.flip && isMirrored(this.#seed, epoch, index)) {
        copyMirrored(pixels, target, width);
      } else {
        copyPlain(pixels, target);
      }
    }
    const indices = views.map((view) => dataset.views.pictureOf(view));
    return {
      images: images.subarray(0, views.length * each),
      height,
      width,
      captions: indices.map((index) => dataset.caption(index)),
      indices,
      views,
      size: views.length,
      corrupt,
    };
  }
}

/** A damaged picture is an answer: the batch goes without it. */
export async function pixelsOrCorrupt(
  dataset: Pick<PictureSet, "pixels">,
  view: number,
): Promise<Uint8Array | CorruptSampleError> {
  try {
    return await dataset.pixels(view);
  } catch (error) {
    if (error instanceof CorruptSampleError) return error;
    throw error;
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
