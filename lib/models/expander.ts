// FluxExpander, the VAE decoder: latent tokens to a picture through upsampling blocks with SPADE.
import { tf } from "../tensor/tf.ts";
import { bezierActivation, trainableBezier } from "../nn/bezier.ts";
import { declareContextMixer } from "../nn/context_mixer.ts";
import { conv2d, convTranspose2d } from "../nn/convolution.ts";
import { groupNorm } from "../nn/normalization.ts";
import type { ParameterList } from "../nn/parameter_list.ts";
import type { Scope } from "../nn/scope.ts";
import { declareSpade, spade } from "../nn/spade.ts";
import { declareCurve } from "./compressor.ts";
import type { ModelOptions } from "./model_options.ts";

const COLOURS = 3;
const RGB_GROUPS = 8;
const SHORTCUT_WEIGHT = 0.1;

/** Declares the decoder's weights; `context_mixer` is never used, but files of the original hold it. */
export function declareExpander(
  list: ParameterList,
  options: ModelOptions,
): void {
  const width = options.vaeDim;
  if (options.latentDim !== null) {
    list.conv("latent_in", options.latentDim, width, 1);
  }
  for (let block = 0; block < options.downscales; block++) {
    const name = `upscale.layers.${block}`;
    const sizes = { context: width, channels: width, hidden: options.spadeDim };
    declareSpade(list, `${name}.spade`, sizes);
    list.convTranspose(
      `${name}.conv1.0`,
      width,
      width,
      options.expanderUpKernel,
      { bezier: true },
    );
    list.conv(`${name}.conv1.2`, width, width, options.expanderKernel, {
      bezier: true,
    });
  }
  if (options.latentDim === null) {
    declareContextMixer(list, "context_mixer", width);
  }
  list.conv("to_rgb_conv.0", width, options.rgbDim, 3);
  list.norm("to_rgb_conv.1", options.rgbDim);
  list.conv("to_rgb_conv.3", options.rgbDim, options.rgbDim / 2, 3);
  list.norm("to_rgb_conv.4", options.rgbDim / 2);
  list.conv("to_rgb_conv.6", options.rgbDim / 2, COLOURS, 1);
  declareCurve(list, "rgb_activation", COLOURS, [-1, 0.25, 0.75, 1]);
}

/**
 * A picture from its tokens. `tokens`: [N, h * w, L] in raster order of `grid`; returns
 * [N, h 2^downscales, w 2^downscales, 3], near [-1, 1] but not bounded to it. Without `spade` the context path is off.
 */
export function expand(
  scope: Scope,
  options: ModelOptions,
  tokens: tf.Tensor3D,
  decoding: {
    readonly height: number;
    readonly width: number;
    readonly spade: boolean;
  },
): tf.Tensor4D {
  const [batch, , channels] = tokens.shape;
  const latent = tf.reshape(tokens, [
    batch,
    decoding.height,
    decoding.width,
    channels,
  ]) as tf.Tensor4D;
  const features = scope.has("latent_in.weight")
    ? conv2d(scope.in("latent_in"), latent, { padding: 0 })
    : latent;
  let x = features;
  for (let block = 0; block < options.downscales; block++) {
    x = upsample(
      scope.in(`upscale.layers.${block}`),
      options,
      x,
      decoding.spade ? features : null,
    );
  }
  const wide = conv2d(scope.in("to_rgb_conv.0"), x, { padding: 1 });
  const narrow = conv2d(
    scope.in("to_rgb_conv.3"),
    normedSilu(scope.in("to_rgb_conv.1"), wide),
    {
      padding: 1,
    },
  );
  const colours = conv2d(
    scope.in("to_rgb_conv.6"),
    normedSilu(scope.in("to_rgb_conv.4"), narrow),
    {
      padding: 0,
    },
  );
  return trainableBezier(scope.in("rgb_activation"), colours);
}

function upsample(
  scope: Scope,
  options: ModelOptions,
  x: tf.Tensor4D,
  context: tf.Tensor4D | null,
): tf.Tensor4D {
  const [, height, width] = x.shape;
  const modulated = context === null ? x : spade(scope.in("spade"), x, context);
  const grown = bezierActivation(
    convTranspose2d(scope.in("conv1.0"), modulated),
    "silu",
  );
  const dilation = options.expanderDilation;
  const mixed = conv2d(scope.in("conv1.2"), grown, {
    padding: dilation * (options.expanderKernel - 1) / 2,
    dilation,
  });
  const shortcut = tf.image.resizeNearestNeighbor(x, [2 * height, 2 * width]);
  return tf.add(
    bezierActivation(mixed, "silu"),
    tf.mul(SHORTCUT_WEIGHT, shortcut),
  );
}

function normedSilu(scope: Scope, x: tf.Tensor4D): tf.Tensor4D {
  const normed = groupNorm(scope, x, RGB_GROUPS);
  return tf.mul(normed, tf.sigmoid(normed));
}
