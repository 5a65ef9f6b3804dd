// Pictures through the compressor to tokens that a decoder learns from: one draw from the posterior.
import type { Batch } from "../data/batch_stream.ts";
import {
  encode,
  type FluxModel,
  type Grid,
  latentTokens,
  type Posterior,
} from "../models/flux_model.ts";
import { latentDim, latentGrid } from "../blueprint/model_options.ts";
import { tf } from "../tensor/tf.ts";
import { normalTensor } from "./random_tensor.ts";

/** A draw, and the posterior that it is from. */
export interface SampledLatent {
  readonly posterior: Posterior;
  /** [N, h * w, L] */
  readonly tokens: tf.Tensor3D;
  readonly grid: Grid;
}

/** The pictures of a batch as [N, H, W, 3] in [-1, 1]; the caller owns the tensor. */
export function batchImages(batch: Batch): tf.Tensor4D {
  return tf.tensor4d(batch.images, [
    batch.size,
    batch.height,
    batch.width,
    3,
  ]);
}

/** N(0, 1) in the latent's shape [N, h, w, L], from the stream called `name`; the caller owns the tensor. */
export function latentNoise(
  model: FluxModel,
  batch: Batch,
  stream: { readonly seed: number; readonly name: string },
): tf.Tensor4D {
  const grid = latentGrid(model.options, batch.height, batch.width);
  return normalTensor(
    stream.seed,
    stream.name,
    [batch.size, grid.height, grid.width, latentDim(model.options)],
  ) as tf.Tensor4D;
}

/** Mean plus deviation times `noise`, as tokens. `images`: [N, H, W, 3]; `noise`: [N, h, w, L]. */
export function sampleLatent(
  model: FluxModel,
  images: tf.Tensor4D,
  noise: tf.Tensor4D,
): SampledLatent {
  const posterior = encode(model, images);
  const spread = tf.exp(tf.mul(posterior.logVar, 0.5));
  const latent = tf.add(posterior.mean, tf.mul(spread, noise)) as tf.Tensor4D;
  const tokens = latentTokens(model, latent, posterior);
  const [, height, width] = latent.shape;
  return { posterior, tokens, grid: { height, width } };
}

/** What the discriminator knows of a picture beside its pixels: the mean token. [N, T, L] to [N, L]. */
export function judgingContext(tokens: tf.Tensor3D): tf.Tensor2D {
  return tf.mean(tokens, 1);
}
