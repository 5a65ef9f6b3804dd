// Spatially adaptive normalisation (Park et al. 2019): a context map scales and shifts normalised features in each place.
import { tf } from "../tensor/tf.ts";
import { conv2d } from "./convolution.ts";
import { groupNormalize } from "./normalization.ts";
import type { Scope } from "./scope.ts";

const MOST_GROUPS = 32;

/** norm(x) (1 + gamma) + beta. `x`: [N, H, W, C]; `context`: [N, h, w, D], resized bilinearly to H x W. */
export function spade(
  scope: Scope,
  x: tf.Tensor4D,
  context: tf.Tensor4D,
): tf.Tensor4D {
  const [, height, width] = x.shape;
  const resized = context.shape[1] === height && context.shape[2] === width
    ? context
    : tf.image.resizeBilinear(context, [height, width], false, true);
  const shared = tf.relu(
    conv2d(scope.in("mlp_shared.0"), resized, { padding: 1 }),
  );
  const gamma = conv2d(scope.in("mlp_gamma"), shared, { padding: 1 });
  const beta = conv2d(scope.in("mlp_beta"), shared, { padding: 1 });
  return modulatedNorm(x, { gamma, beta });
}

/** norm(x) (1 + gamma) + beta, all [N, H, W, C]. */
export function modulatedNorm(
  x: tf.Tensor4D,
  { gamma, beta }: { readonly gamma: tf.Tensor4D; readonly beta: tf.Tensor4D },
): tf.Tensor4D {
  const groups = Math.min(MOST_GROUPS, x.shape[3]);
  return tf.add(tf.mul(groupNormalize(x, groups), tf.add(1, gamma)), beta);
}
