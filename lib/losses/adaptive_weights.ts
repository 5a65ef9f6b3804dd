// Weights that bring losses of different size to the same one.
import { tf } from "../tensor/tf.ts";

/** Keeps a loss of nothing from dividing by nothing. */
const EPSILON = 1e-8;

/**
 * For each loss the mean size of all over its own, so that each counts the same; 1 where a size is null or 0. Sizes are
 * averages of magnitudes: FluxFlow averages signed values, see {@linkcode signedAdaptiveWeights}.
 */
export function adaptiveWeights<K extends string>(
  sizes: Readonly<Record<K, number | null>>,
): Record<K, number> {
  const entries = Object.entries(sizes) as [K, number | null][];
  const known = entries.flatMap(([, size]) => isKnown(size) ? [size] : []);
  const mean = known.reduce((sum, size) => sum + size, 0) / known.length;
  return Object.fromEntries(
    entries.map(([name, size]) => [
      name,
      isKnown(size) ? mean / (size + EPSILON) : 1,
    ]),
  ) as Record<K, number>;
}

/**
 * FluxFlow's weights: the mean of the averages above 0 over each average, 1 where an average is 0. A negative average, which is that
 * of a generator that does well, gives a negative weight. The caller owns the scalars.
 */
export function signedAdaptiveWeights(
  averages: readonly tf.Scalar[],
): tf.Scalar[] {
  const constant = tf.customGrad((...inputs) => {
    const [all] = inputs as [tf.Tensor1D];
    const value = weightsOf(all);
    return { value, gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy) };
  });
  return tf.tidy(() =>
    tf.unstack(constant(tf.stack([...averages])))
  ) as tf.Scalar[];
}

function weightsOf(all: tf.Tensor1D): tf.Tensor1D {
  return tf.tidy(() => {
    const isAbove = tf.cast(tf.greater(all, 0), "float32");
    const above = tf.sum(isAbove);
    const mean = tf.div(tf.sum(tf.mul(all, isAbove)), tf.maximum(above, 1));
    const keepsOne = tf.logicalOr(tf.equal(all, 0), tf.equal(above, 0));
    return tf.where(
      keepsOne,
      tf.onesLike(all),
      tf.div(mean, tf.add(all, EPSILON)),
    );
  });
}

function isKnown(size: number | null): size is number {
  return size !== null && size > 0;
}
