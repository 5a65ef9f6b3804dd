// FluxCompressor, the VAE encoder: a picture to the mean and log-variance of its latent, and a latent to tokens.
import { tf } from "../tensor/tf.ts";
import { packedSelfAttention } from "../nn/attention.ts";
import { bezierActivation, trainableBezier } from "../nn/bezier.ts";
import { conv2d, withCoordinates } from "../nn/convolution.ts";
import { constant, xavierUniform } from "../nn/initializers.ts";
import { linear } from "../nn/linear.ts";
import { groupNormalize, layerNorm } from "../nn/normalization.ts";
import type { ParameterList } from "../nn/parameter_list.ts";
import { positionCode } from "../nn/position_code.ts";
import type { Scope } from "../nn/scope.ts";
import { latentDim, type ModelOptions, REPAIRS } from "./model_options.ts";

const COLOURS = 3;
const COORDINATES = 2;
const HEAD_LAYERS = 2;
const FEED_FORWARD = 2;

/** Channels before the first stage and after each. */
export function stageChannels(options: ModelOptions): number[] {
  const first = COLOURS + COORDINATES;
  const last = Math.max(options.vaeDim, 8);
  return Array.from({ length: options.downscales + 1 }, (_, stage) => {
    return roundHalfToEven(first + (last - first) * stage / options.downscales);
  });
}

/** Declares the encoder's weights in the original's order. */
export function declareCompressor(
  list: ParameterList,
  options: ModelOptions,
): void {
  const channels = stageChannels(options);
  const width = options.vaeDim;
  const latent = latentDim(options);
  for (let stage = 0; stage < options.downscales; stage++) {
    const out = channels[stage + 1]!;
    const name = `encoder_first_step.${stage}.0`;
    list.conv(name, channels[stage]!, out, 3, { bias: false, bezier: true });
    list.conv(`encoder_z.${stage}.0`, out, out, options.compressorKernel, {
      bezier: true,
    });
  }
  for (const head of ["latent_proj", "mu_proj", "logvar_proj"]) {
    for (let layer = 0; layer < HEAD_LAYERS; layer++) {
      const isLast = head !== "latent_proj" && layer === HEAD_LAYERS - 1;
      const inputs = head === "latent_proj" && layer === 0
        ? channels.at(-1)!
        : width;
      list.conv(`${head}.${layer}.0`, inputs, isLast ? latent : width, 1, {
        bezier: true,
      });
    }
  }
  const logVar = REPAIRS[options.variant].quietPosterior
    ? [-9, -7, -5, -3]
    : [-3, -1, 1, 3];
  declareCurve(list, "mu_activation", latent, [-2, -0.5, 0.5, 2]);
  declareCurve(list, "logvar_activation", latent, logVar);
  for (let block = 0; block < options.vaeAttnLayers; block++) {
    declareBlock(list, `token_attn.${block}`, latent);
  }
}

/** Declares the four control points of a trained curve. */
export function declareCurve(
  list: ParameterList,
  name: string,
  channels: number,
  points: readonly number[],
  shape: readonly number[] = [channels],
): void {
  for (const [index, point] of points.entries()) {
    list.plain(`${name}.p${index}`, shape, constant(point));
  }
}

function declareBlock(list: ParameterList, name: string, width: number): void {
  list.norm(`${name}.norm1`, width);
  const inProjection = `${name}.attn.in_proj_weight`;
  list.matrix(
    inProjection,
    width,
    3 * width,
    xavierUniform(list.stream(inProjection)),
  );
  list.plain(`${name}.attn.in_proj_bias`, [3 * width], constant(0));
  list.linear(`${name}.attn.out_proj`, width, width);
  list.norm(`${name}.norm2`, width);
  list.linear(`${name}.ff.0`, width, FEED_FORWARD * width, { bezier: true });
  list.linear(`${name}.ff.2`, FEED_FORWARD * width, width);
}

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

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
