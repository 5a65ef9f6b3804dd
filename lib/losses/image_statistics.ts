// Terms that hold the colours and the contrast of decoded pictures near the originals'.
import { tf } from "../tensor/tf.ts";

/** Keeps the root's derivative finite where a picture is of one colour. */
const VARIANCE_FLOOR = 1e-12;

/** An original whose channel varies less than this counts as varying this much; a plain batch would else outweigh all others. */
const LEAST_DEVIATION = 0.01;

/**
 * Mean over channels of the squared differences of mean and of standard deviation, both over batch and pixels.
 * `predicted`, `target`: [N, H, W, C]. The caller owns the scalar.
 */
export function colourStatisticsLoss(
  predicted: tf.Tensor4D,
  target: tf.Tensor4D,
): tf.Scalar {
  return tf.tidy(() => {
    const axes = [0, 1, 2];
    const means = tf.squaredDifference(
      tf.mean(predicted, axes),
      tf.mean(target, axes),
    );
    const deviations = tf.squaredDifference(
      deviation(predicted, axes),
      deviation(target, axes),
    );
    return tf.mean(tf.add(means, deviations));
  });
}

/**
 * Contrast: the squared distance from 1 of each channel's ratio of standard deviations, summed, plus the mean squared error of the
 * pictures' own standard deviations, divided by channels + 1.
 * `predicted`, `target`: [N, H, W, C]. The caller owns the scalar.
 */
export function contrastLoss(
  predicted: tf.Tensor4D,
  target: tf.Tensor4D,
): tf.Scalar {
  return tf.tidy(() => {
    const axes = [0, 1, 2];
    const ratio = tf.div(
      deviation(predicted, axes),
      tf.maximum(deviation(target, axes), LEAST_DEVIATION),
    );
    const channels = tf.sum(tf.square(tf.sub(ratio, 1)));
    const perImage = [1, 2, 3];
    const images = tf.mean(
      tf.squaredDifference(
        deviation(predicted, perImage),
        deviation(target, perImage),
      ),
    );
    return tf.div(tf.add(channels, images), predicted.shape[3] + 1);
  });
}

/** Standard deviation over `axes` with n − 1 in the denominator, as PyTorch's `std` has. */
function deviation(images: tf.Tensor4D, axes: number[]): tf.Tensor {
  const count = axes.reduce(
    (product, axis) => product * (images.shape[axis] ?? 1),
    1,
  );
  const centered = tf.sub(images, tf.mean(images, axes, true));
  const variance = tf.div(
    tf.sum(tf.square(centered), axes),
    Math.max(1, count - 1),
  );
  return tf.sqrt(tf.add(variance, VARIANCE_FLOOR));
}
