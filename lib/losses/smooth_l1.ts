// Squared error near zero and absolute error beyond: outliers pull less.
import { tf } from "../tensor/tf.ts";

/** Error up to which the loss is a parabola; PyTorch's default. */
const BETA = 1;

/**
 * Mean over all elements of d² / 2 where |d| < 1, and |d| - 1/2 elsewhere. The shapes are equal. The caller owns the scalar.
 * Source: Girshick 2015; PyTorch's `smooth_l1_loss`.
 */
export function smoothL1(predicted: tf.Tensor, target: tf.Tensor): tf.Scalar {
  return tf.tidy(() => {
    const size = tf.abs(tf.sub(predicted, target));
    const near = tf.minimum(size, BETA);
    // d² / 2 within the bound; beyond it near = 1, and near (d - near / 2) = d - 1/2.
    return tf.mean(tf.mul(near, tf.sub(size, tf.mul(near, 0.5 / BETA))));
  });
}
