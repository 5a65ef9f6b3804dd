// FluxCompressor, the VAE encoder: a picture to the mean and log-variance of its latent, and a latent to tokens.
import { HEAD_LAYERS } from "../blueprint/compressor.ts";
import { type ModelOptions, REPAIRS } from "../blueprint/model_options.ts";
import { tf } from "../tensor/tf.ts";
import { packedSelfAttention } from "../nn/attention.ts";
import { bezierActivation, trainableBezier } from "../nn/bezier.ts";
import { conv2d, withCoordinates } from "../nn/convolution.ts";
import { linear } from "../nn/linear.ts";
import { groupNormalize, layerNorm } from "../nn/normalization.ts";
import { positionCode } from "../nn/position_code.ts";
import type { Scope } from "../nn/scope.ts";

/**
 * Mean and log-variance of the latent. `images`: [N, H, W, 3] in [-1, 1] with sides that are multiples of 2^downscales;
 * returns two [N, H / 2^downscales, W / 2^downscales, latentDim].
 */
export function compress(
  scope: Scope,
  options: ModelOptions,
  images: tf.Tensor4D,
): { mean: tf.Tensor4D; logVar: tf.Tensor4D; features: tf.Tensor4D } {
  const isLive = REPAIRS[options.variant].liveEncoder;
  let x = withCoordinates(images);
  for (let stage = 0; stage < options.downscales; stage++) {
    const first = curve(
      conv2d(scope.in(`encoder_first_step.${stage}.0`), x, { padding: 1 }),
    );
    const narrowed = curve(conv2d(
      scope.in(`encoder_z.${stage}.0`),
      isLive ? groupNormalize(first, 1) : first,
      { stride: 2, padding: options.compressorKernel / 2 - 1 },
    ));
    x = isLive
      ? tf.add(
        groupNormalize(narrowed, 1),
        pooledShortcut(x, narrowed.shape[3]),
      )
      : narrowed;
  }
  const features = projection(scope.in("latent_proj"), x, isLive);
  return {
    mean: trainableBezier(
      scope.in("mu_activation"),
      projection(scope.in("mu_proj"), features, isLive),
    ),
    logVar: trainableBezier(
      scope.in("logvar_activation"),
      projection(scope.in("logvar_proj"), features, isLive),
    ),
    features,
  };
}

/**
 * Tokens of a latent: raster order, a fixed two-dimensional position code, the attention blocks.
 * `latent`: [N, h, w, L]; `features` is what the original adds behind the bottleneck; returns [N, h * w, L].
 */
export function tokensOf(
  scope: Scope,
  options: ModelOptions,
  latent: tf.Tensor4D,
  features: tf.Tensor4D | null,
): tf.Tensor3D {
  const [batch, height, width, channels] = latent.shape;
  const raster = (map: tf.Tensor4D) =>
    tf.reshape(map, [batch, height * width, channels]) as tf.Tensor3D;
  let x = tf.add(
    raster(latent),
    positionCode(height, width, channels),
  ) as tf.Tensor3D;
  if (features !== null) x = tf.add(x, raster(features));
  for (let index = 0; index < options.vaeAttnLayers; index++) {
    const block = scope.in(`token_attn.${index}`);
    const normed = layerNorm(block.in("norm1"), x);
    x = tf.add(
      x,
      packedSelfAttention(block.in("attn"), normed, options.vaeHeads),
    );
    const hidden = curve(
      linear(block.in("ff.0"), layerNorm(block.in("norm2"), x)),
    );
    x = tf.add(x, linear(block.in("ff.2"), hidden));
  }
  return x;
}

function curve<T extends tf.Tensor>(x: T): T {
  return bezierActivation(x, "silu");
}

function projection(
  scope: Scope,
  x: tf.Tensor4D,
  isLive: boolean,
): tf.Tensor4D {
  let out = x;
  for (let layer = 0; layer < HEAD_LAYERS; layer++) {
    const next = curve(conv2d(scope.in(`${layer}.0`), out, { padding: 0 }));
    if (!isLive) out = next;
    else {
      const normalised = groupNormalize(next, 1);
      out = next.shape[3] === out.shape[3]
        ? tf.add(normalised, out)
        : normalised;
    }
  }
  return out;
}

/** Averages 2 x 2 places and fills the new channels with zeros: a shortcut without weights (He et al. 2016, option A). */
function pooledShortcut(x: tf.Tensor4D, channels: number): tf.Tensor4D {
  const pooled = tf.avgPool(x, 2, 2, "valid");
  const missing = channels - pooled.shape[3];
  return missing > 0
    ? tf.pad(pooled, [[0, 0], [0, 0], [0, 0], [0, missing]])
    : tf.slice(pooled, [0, 0, 0, 0], [-1, -1, -1, channels]);
}
