// Affine maps over the last axis.
import { hasFusedKernel, runFusedKernel } from "../tensor/fused_kernel.ts";
import { tf } from "../tensor/tf.ts";
import type { Scope } from "./scope.ts";

/** x W + b over the last axis. `x`: [..., in]; returns [..., out]. */
export function linear<T extends tf.Tensor>(scope: Scope, x: T): T {
  return affine(
    x,
    scope.get<tf.Tensor2D>("weight"),
    scope.get<tf.Tensor1D>("bias"),
  );
}

/**
 * x W + b for a weight [in, out] and a bias [out] that are given. The gradient is written out: the tape's own visits a dozen steps, and
 * for small maps each costs more than its arithmetic.
 */
export function affine<T extends tf.Tensor>(
  x: T,
  weight: tf.Tensor2D,
  bias: tf.Tensor1D,
): T {
  const operation = tf.customGrad((...inputs) => {
    const [x, weight, bias, save] = inputs as [
      tf.Tensor,
      tf.Tensor2D,
      tf.Tensor1D,
      (kept: tf.Tensor[]) => void,
    ];
    save([x, weight]);
    return {
      value: mapped(x, weight, bias),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] =>
        gradients(dy, saved[0]!, saved[1] as tf.Tensor2D),
    };
  });
  return operation(x, weight, bias) as tf.Tensor as T;
}

function mapped(
  x: tf.Tensor,
  weight: tf.Tensor2D,
  bias: tf.Tensor1D,
): tf.Tensor {
  if (hasFusedKernel("FluxAffine")) {
    return runFusedKernel("FluxAffine", { x, weight, bias }, {})[0]!;
  }
  const product = tf.add(tf.matMul(rowsOf(x), weight), bias);
  return tf.reshape(product, [...x.shape.slice(0, -1), weight.shape[1]]);
}

/** Gradients of x, weight and bias. */
function gradients(
  dy: tf.Tensor,
  x: tf.Tensor,
  weight: tf.Tensor2D,
): tf.Tensor[] {
  if (hasFusedKernel("FluxAffineGrad")) {
    return runFusedKernel("FluxAffineGrad", { x, weight, dy }, {});
  }
  const slopes = rowsOf(dy);
  return [
    tf.reshape(tf.matMul(slopes, weight, false, true), x.shape),
    tf.matMul(rowsOf(x), slopes, true, false),
    tf.sum(slopes, 0),
  ];
}

function rowsOf(x: tf.Tensor): tf.Tensor2D {
  return tf.reshape(x, [-1, x.shape.at(-1)!]) as tf.Tensor2D;
}
