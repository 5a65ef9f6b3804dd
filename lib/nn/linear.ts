// Affine maps over the last axis.
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

/** x W + b for a weight [in, out] and a bias [out] that are given. */
export function affine<T extends tf.Tensor>(
  x: T,
  weight: tf.Tensor2D,
  bias: tf.Tensor1D,
): T {
  const [inputs, outputs] = weight.shape;
  const rows = tf.reshape(x, [-1, inputs]) as tf.Tensor2D;
  const mapped = tf.add(tf.matMul(rows, weight), bias);
  return tf.reshape(mapped, [
    ...x.shape.slice(0, -1),
    outputs,
  ]) as tf.Tensor as T;
}
