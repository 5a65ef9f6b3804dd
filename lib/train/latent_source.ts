// What the flow is trained on: latent tokens of pictures under the frozen VAE, in a scale that the diffusion expects.
import { passesOf, type PictureSource } from "../evaluation/picture.ts";
import { LATENT_MEAN, LATENT_STD } from "../models/flow_processor.ts";
import { encode, type FluxModel, latentTokens } from "../models/flux_model.ts";
import { tf } from "../tensor/tf.ts";
import { nextTurn } from "./event_loop.ts";

/** Pictures per encoding pass; fixed, so that the same picture always gives the same bytes. */
const PASS_SIZE = 16;
/** A channel that hardly varies is not blown up. */
const STD_FLOOR = 1e-4;

/**
 * Tokens of the posterior's mean, [N, h * w, L], as the expander takes them; the caller owns them. The mean, not a
 * sample: one picture then has one target, and pictures are decoded from the mean wherever quality is measured.
 */
export function meanTokens(model: FluxModel, images: tf.Tensor4D): tf.Tensor3D {
  return tf.tidy(() => {
    const posterior = encode(model, images);
    return latentTokens(model, posterior.mean, posterior);
  });
}

/** Tokens of one sample of the posterior, [N, h * w, L]: what the original's flow learns. `noise`: [N, h, w, L]; the caller owns them. */
export function sampledTokens(
  model: FluxModel,
  images: tf.Tensor4D,
  noise: tf.Tensor4D,
): tf.Tensor3D {
  return tf.tidy(() => {
    const posterior = encode(model, images);
    const spread = tf.exp(tf.mul(posterior.logVar, 0.5));
    const latent = tf.add(posterior.mean, tf.mul(spread, noise)) as tf.Tensor4D;
    return latentTokens(model, latent, posterior);
  });
}

/** Pictures of which some may turn out to be damaged: null then. */
export interface DecodedSource extends Omit<PictureSource, "pixels"> {
  pixels(index: number): Promise<Uint8Array | null>;
}

/** Tokens of pictures of a dataset under a frozen VAE. */
export interface EncodedPictures {
  /** Picture by picture, h * w * L numbers each, not normalised; none of pictures that are damaged or were not asked for. */
  readonly tokens: readonly (Float32Array | undefined)[];
  readonly channels: number;
}

/**
 * Encodes the pictures at `indices` in their order. Same pictures and weights, same bytes: the passes do not depend on
 * batches or on where a step is resumed.
 *
 * @throws the signal's reason as soon as it is aborted.
 */
export async function encodePictures(
  model: FluxModel,
  dataset: DecodedSource,
  indices: readonly number[],
  watch: {
    readonly signal: AbortSignal;
    readonly onPass: (done: number) => void;
  },
): Promise<EncodedPictures> {
  const tokens: (Float32Array | undefined)[] = new Array(dataset.size);
  let channels = 0;
  let done = 0;
  for (const pass of passesOf(dataset, indices, PASS_SIZE)) {
    const { intact, images } = await intactImages(dataset, pass);
    if (images !== null) {
      const encoded = meanTokens(model, images);
      images.dispose();
      const numbers = await encoded.data() as Float32Array;
      channels = encoded.shape[2];
      encoded.dispose();
      const each = numbers.length / intact.length;
      intact.forEach((index, row) =>
        tokens[index] = numbers.slice(row * each, (row + 1) * each)
      );
    }
    done += pass.length;
    watch.onPass(done);
    await nextTurn();
    watch.signal.throwIfAborted();
  }
  return { tokens, channels };
}

/** Mean and deviation of each latent channel over pictures and places, summed in float64 in a fixed order. */
export function latentStatistics(
  encoded: EncodedPictures,
): { readonly mean: Float32Array; readonly std: Float32Array } {
  const { channels } = encoded;
  const sum = new Float64Array(channels);
  const squares = new Float64Array(channels);
  let count = 0;
  for (const numbers of encoded.tokens) {
    if (numbers === undefined) continue;
    for (let at = 0; at < numbers.length; at++) {
      const value = numbers[at]!;
      sum[at % channels]! += value;
      squares[at % channels]! += value * value;
    }
    count += numbers.length / channels;
  }
  const mean = sum.map((total) => total / count);
  const std = squares.map((total, channel) =>
    Math.max(
      STD_FLOOR,
      Math.sqrt(Math.max(0, total / count - mean[channel]! ** 2)),
    )
  );
  return { mean: Float32Array.from(mean), std: Float32Array.from(std) };
}

/** Writes the statistics into the model's buffers. */
export function setLatentStatistics(
  model: FluxModel,
  statistics: { readonly mean: Float32Array; readonly std: Float32Array },
): void {
  tf.tidy(() => {
    model.parameters.get(LATENT_MEAN).assign(tf.tensor1d(statistics.mean));
    model.parameters.get(LATENT_STD).assign(tf.tensor1d(statistics.std));
  });
}

/** (tokens - mean) / deviation per channel; the caller owns the result. */
export function normaliseTokens(
  model: FluxModel,
  tokens: tf.Tensor3D,
): tf.Tensor3D {
  const { parameters } = model;
  return tf.tidy(() =>
    tf.div(
      tf.sub(tokens, parameters.get(LATENT_MEAN)),
      parameters.get(LATENT_STD),
    )
  );
}

/** Pictures at `indices`, all of one size, as [N, H, W, 3] in [-1, 1]; the caller owns the tensor. */
export async function imagesTensor(
  dataset: PictureSource,
  indices: readonly number[],
): Promise<tf.Tensor4D> {
  const { images } = await intactImages(dataset, indices);
  return images!;
}

/** The pictures that are not damaged, in one tensor that the caller owns; null where there are none. */
async function intactImages(
  dataset: DecodedSource,
  indices: readonly number[],
): Promise<{
  readonly intact: readonly number[];
  readonly images: tf.Tensor4D | null;
}> {
  const { height, width } = dataset.sizeOf(indices[0]!);
  const each = height * width * 3;
  const values = new Float32Array(indices.length * each);
  const intact: number[] = [];
  for (const index of indices) {
    const pixels = await dataset.pixels(index);
    if (pixels === null) continue;
    const start = (intact.push(index) - 1) * each;
    for (let at = 0; at < each; at++) {
      values[start + at] = pixels[at]! / 127.5 - 1;
    }
  }
  if (intact.length === 0) return { intact, images: null };
  const images = tf.tensor4d(
    values.subarray(0, intact.length * each),
    [intact.length, height, width, 3],
  );
  return { intact, images };
}
