// Group, layer and parameter-free norms.
import { hasFusedKernel, runFusedKernel } from "../tensor/fused_kernel.ts";
import { tf } from "../tensor/tf.ts";
import type { Scope } from "./scope.ts";

const EPSILON = 1e-5;

/** The last axis to mean 0 and variance 1, no parameters. `epsilon` is added to the variance. */
export function layerNormalize<T extends tf.Tensor>(
  x: T,
  epsilon: number = EPSILON,
): T {
  if (hasFusedKernel("FluxLayerNormalize")) {
    return fused(
      x,
      (x) => runFusedKernel("FluxLayerNormalize", { x }, { epsilon }),
      (kept) => runFusedKernel("FluxLayerNormalizeGrad", kept, {})[0]!,
    );
  }
  return standardized(x, -1, epsilon) as T;
}

/** Layer norm over the last axis with the scope's scale and shift (Ba et al. 2016). */
export function layerNorm<T extends tf.Tensor>(
  scope: Scope,
  x: T,
  epsilon: number = EPSILON,
): T {
  const scaled = layerNormalize(x, epsilon);
  return tf.add(
    tf.mul(scaled, scope.get("weight")),
    scope.get("bias"),
  ) as tf.Tensor as T;
}

/**
 * Each group of channels to mean 0 and variance 1 over its channels and all places (Wu and He 2018), no parameters.
 * `x`: [N, H, W, C]; `groups` divides C.
 */
export function groupNormalize(x: tf.Tensor4D, groups: number): tf.Tensor4D {
  if (!hasFusedKernel("FluxGroupNormalize")) return composed(x, groups);
  const attributes = { groups, epsilon: EPSILON };
  return fused(
    x,
    (x) => runFusedKernel("FluxGroupNormalize", { x }, attributes),
    (kept) => runFusedKernel("FluxGroupNormalizeGrad", kept, { groups })[0]!,
  );
}

/** What the gradient of a norm needs: the result, its gradient, and the inverse deviations. */
type Kept = Readonly<Record<"y" | "dy" | "inverse", tf.Tensor>>;

/** A norm of one kernel each way. `forward` makes the result and the inverse deviations. */
function fused<T extends tf.Tensor>(
  x: T,
  forward: (x: tf.Tensor) => tf.Tensor[],
  backward: (kept: Kept) => tf.Tensor,
): T {
  const operation = tf.customGrad((...inputs) => {
    const [x, save] = inputs as [tf.Tensor, (kept: tf.Tensor[]) => void];
    const [value, inverse] = forward(x) as [tf.Tensor, tf.Tensor];
    save([value, inverse]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [y, inverse] = saved as [tf.Tensor, tf.Tensor];
      return backward({ y, dy, inverse });
    };
    return { value, gradFunc };
  });
  return operation(x) as tf.Tensor as T;
}

function composed(x: tf.Tensor4D, groups: number): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const grouped = tf.reshape(x, [
    batch,
    height * width,
    groups,
    channels / groups,
  ]);
  return tf.reshape(standardized(grouped, [1, 3], EPSILON), x.shape);
}

/** Mean 0 and variance 1 over the axes, of the engine's own operations. */
function standardized(
  x: tf.Tensor,
  axes: number | number[],
  epsilon: number,
): tf.Tensor {
  const centered = tf.sub(x, tf.mean(x, axes, true));
  const variance = tf.mean(tf.square(centered), axes, true);
  return tf.mul(centered, tf.rsqrt(tf.add(variance, epsilon)));
}

/** {@linkcode groupNormalize}, then the scope's scale and shift per channel. */
export function groupNorm(
  scope: Scope,
  x: tf.Tensor4D,
  groups: number,
): tf.Tensor4D {
  return tf.add(
    tf.mul(groupNormalize(x, groups), scope.get("weight")),
    scope.get("bias"),
  );
}
