// FluxExpander, the VAE decoder: latent tokens to a picture through upsampling blocks with SPADE.
import type { ModelOptions } from "../blueprint/model_options.ts";
import { tf } from "../tensor/tf.ts";
import { bezierActivation, trainableBezier } from "../nn/bezier.ts";
import { conv2d, convTranspose2d } from "../nn/convolution.ts";
import { groupNorm } from "../nn/normalization.ts";
import type { Scope } from "../nn/scope.ts";
import { silu } from "../nn/silu.ts";
import { spade } from "../nn/spade.ts";

const RGB_GROUPS = 8;
const SHORTCUT_WEIGHT = 0.1;

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
  return silu(groupNorm(scope, x, RGB_GROUPS));
}
