// What the flow is trained on: latent tokens of pictures under the frozen VAE, in a scale that the diffusion expects.
import type { PictureSource } from "../evaluation/picture.ts";
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

/** Tokens of all pictures of a dataset under a frozen VAE. */
export interface EncodedPictures {
  /** Picture by picture, h * w * L numbers each, not normalised. */
  readonly tokens: readonly Float32Array[];
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
  dataset: PictureSource,
  indices: readonly number[],
  watch: {
    readonly signal: AbortSignal;
    readonly onPass: (done: number) => void;
  },
): Promise<EncodedPictures> {
  const tokens: Float32Array[] = [];
  let channels = 0;
  for (let from = 0; from < indices.length; from += PASS_SIZE) {
    const part = indices.slice(from, from + PASS_SIZE);
    const images = await imagesTensor(dataset, part);
    const encoded = meanTokens(model, images);
    images.dispose();
    const numbers = await encoded.data() as Float32Array;
    channels = encoded.shape[2];
    encoded.dispose();
    const each = numbers.length / part.length;
    part.forEach((_, row) =>
      tokens.push(numbers.slice(row * each, (row + 1) * each))
    );
    watch.onPass(tokens.length);
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

/** Pictures at `indices` as [N, H, W, 3] in [-1, 1]; the caller owns the tensor. */
export async function imagesTensor(
  dataset: PictureSource,
  indices: readonly number[],
): Promise<tf.Tensor4D> {
  const { height, width } = dataset;
  const values = new Float32Array(indices.length * height * width * 3);
  for (const [row, index] of indices.entries()) {
    const pixels = await dataset.pixels(index);
    const start = row * pixels.length;
    for (let at = 0; at < pixels.length; at++) {
      values[start + at] = pixels[at]! / 127.5 - 1;
    }
  }
  return tf.tensor4d(values, [indices.length, height, width, 3]);
}
