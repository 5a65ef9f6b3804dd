// Batches of a dataset as a function of (seed, epoch, batch): a resumed step needs no state of it.
import {
  type Augmentation,
  type CropDraw,
  drawAugmentation,
  NO_AUGMENTATION,
} from "./augmentation.ts";
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
  /** False shows every picture as it is, as held-out figures want it; else as its dataset asks for. */
  readonly augmented?: boolean;
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
  readonly #augmentation: Augmentation;
  /** Batches that are being made, by `epoch/batch`. */
  readonly #made = new Map<string, Promise<Batch>>();

  /** @throws {RangeError} when the batch size or the limit is no whole number from 1 on. */
  constructor(dataset: PictureSet, options: BatchStreamOptions) {
    this.#dataset = dataset;
    this.#seed = options.seed;
    this.#order = new BatchOrder(dataset.views, options);
    this.#ahead = options.ahead ?? 1;
    this.#augmentation = options.augmented === false
      ? NO_AUGMENTATION
      : dataset.augmentation;
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

  /** Makes a batch that {@linkcode BatchStream.read} will ask for first, unless nothing is to be made ahead. */
  begin(epoch: number, batch: number): void {
    if (this.#ahead > 0 && batch < this.batchesPerEpoch) {
      this.#prepare(epoch, batch);
    }
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
    const drawn = planned.views.map((view) =>
      drawAugmentation(this.#augmentation, {
        seed: this.#seed,
        epoch,
        picture: dataset.views.pictureOf(view),
      })
    );
    const found = await Promise.all(
      planned.views.map((view, row) =>
        pixelsOrCorrupt(dataset, view, drawn[row]!.crop)
      ),
    );
    const images = new Float32Array(planned.views.length * each);
    const views: number[] = [];
    const corrupt: CorruptSample[] = [];
    for (const [place, pixels] of found.entries()) {
      if (pixels instanceof CorruptSampleError) {
        corrupt.push(pixels.sample);
        continue;
      }
      const row = views.push(planned.views[place]!) - 1;
      const target = images.subarray(row * each, (row + 1) * each);
      if (drawn[place]!.isMirrored) copyMirrored(pixels, target, width);
      else copyPlain(pixels, target);
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
  crop: CropDraw | null = null,
): Promise<Uint8Array | CorruptSampleError> {
  try {
    return await dataset.pixels(view, crop);
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
