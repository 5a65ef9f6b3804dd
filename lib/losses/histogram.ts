// How far the colours of decoded pictures are distributed from the originals': the distance of two histograms per channel.
import { tf } from "../tensor/tf.ts";

/** Bins of a channel over [-1, 1]; FluxFlow's count. */
const BINS = 64;

/** FluxFlow's guard against a division by zero. */
const EPSILON = 1e-8;

/**
 * Mean absolute difference of the two distribution functions at the upper ends of the bins, averaged over channels; values outside
 * [-1, 1] are not counted. FluxFlow's term: counting has no derivative, so it moves the logged total and no weight.
 * `predicted`, `target`: [N, H, W, C]. The caller owns the scalar.
 */
export function countedHistogramLoss(
  predicted: tf.Tensor4D,
  target: tf.Tensor4D,
): tf.Scalar {
  const constant = tf.customGrad((...inputs) => {
    const [predicted, target] = inputs as [tf.Tensor4D, tf.Tensor4D];
    const value = tf.tidy(() => {
      const [a, b] = [predicted, target].map((images) => {
        const counts = countedBins(images);
        const all = tf.add(tf.sum(counts, 1, true), EPSILON);
        return tf.cumsum(tf.div(counts, all), 1);
      });
      return tf.mean(tf.abs(tf.sub(a!, b!)));
    });
    const gradFunc = () => [predicted, target].map((x) => tf.zerosLike(x));
    return { value, gradFunc };
  });
  return constant(predicted, target) as tf.Scalar;
}

/**
 * The same distance with a derivative: each value is shared by the two nearest ends of bins, so that the distribution function of a
 * bin is its mean over the bin, sum of clip(k + 1 - p, 0, 1) / n with p the value's place in 0..64. Values outside [-1, 1] count as
 * its ends and are not pushed. `target` is a constant. `predicted`, `target`: [N, H, W, C]. The caller owns the scalar.
 */
export function histogramLoss(
  predicted: tf.Tensor4D,
  target: tf.Tensor4D,
): tf.Scalar {
  const distance = tf.customGrad((...inputs) => {
    const [predicted, target, save] = inputs as [
      tf.Tensor4D,
      tf.Tensor4D,
      (kept: tf.Tensor[]) => void,
    ];
    const difference = tf.tidy(() =>
      tf.sub(sharedDistribution(predicted), sharedDistribution(target))
    );
    const value = tf.tidy(() => tf.mean(tf.abs(difference)));
    save([predicted, tf.tidy(() => tf.sign(difference))]);
    difference.dispose();
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [predicted, signs] = saved as [tf.Tensor4D, tf.Tensor2D];
      return [
        tf.tidy(() => tf.mul(dy, pushOf(predicted, signs))),
        tf.zerosLike(target),
      ];
    };
    return { value, gradFunc };
  });
  return distance(predicted, target) as tf.Scalar;
}

/** Values per bin and channel, [C, 64]. */
function countedBins(images: tf.Tensor4D): tf.Tensor2D {
  const place = placeOf(images);
  const isInside = tf.logicalAnd(
    tf.greaterEqual(images, -1),
    tf.lessEqual(images, 1),
  );
  return binned(lowerEnd(place), tf.cast(isInside, "float32"), BINS);
}

/** Mean of the distribution function over each bin, [C, 64]. */
function sharedDistribution(images: tf.Tensor4D): tf.Tensor2D {
  const place = placeOf(tf.clipByValue(images, -1, 1));
  const end = lowerEnd(place);
  const upper = tf.sub(place, end);
  const shares = tf.add(
    binned(end, tf.sub(1, upper), BINS + 1),
    binned(tf.add(end, 1), upper, BINS + 1),
  );
  const perChannel = images.size / images.shape[3];
  const distribution = tf.cumsum(tf.div(shares, perChannel), 1);
  // The last end has all values below it, in both.
  return tf.slice(distribution, [0, 0], [-1, BINS]) as tf.Tensor2D;
}

/** Derivative of the distance by each value: it takes from the distribution function of its own bin alone. */
function pushOf(images: tf.Tensor4D, signs: tf.Tensor2D): tf.Tensor4D {
  const channels = images.shape[3];
  const end = lowerEnd(placeOf(tf.clipByValue(images, -1, 1)));
  const bins = tf.add(end, tf.mul(tf.range(0, channels), BINS));
  const own = tf.gather(
    tf.reshape(signs, [-1]),
    tf.cast(tf.reshape(bins, [-1]), "int32"),
  );
  const isInside = tf.cast(tf.less(tf.abs(images), 1), "float32");
  // d place / d value is 32; the mean is over 64 bins, the channels, and the values of each.
  const share = -(BINS / 2) / (BINS * images.size);
  return tf.mul(tf.mul(tf.reshape(own, images.shape), isInside), share);
}

/** Place of each value among the bins, 0 to 64. */
function placeOf(images: tf.Tensor4D): tf.Tensor4D {
  return tf.mul(tf.add(images, 1), BINS / 2);
}

/** The bin of a place, as a number from 0 to 63. */
function lowerEnd(place: tf.Tensor4D): tf.Tensor4D {
  return tf.clipByValue(tf.floor(place), 0, BINS - 1);
}

/** Sums of `weights` by `bins`, both [N, H, W, C]; returns [C, count]. */
function binned(
  bins: tf.Tensor4D,
  weights: tf.Tensor,
  count: number,
): tf.Tensor2D {
  const channels = bins.shape[3];
  const own = tf.add(bins, tf.mul(tf.range(0, channels), count));
  const sums = tf.bincount(
    tf.cast(tf.reshape(own, [-1]), "int32") as tf.Tensor1D,
    tf.reshape(weights, [-1]) as tf.Tensor1D,
    channels * count,
  );
  return tf.reshape(sums, [channels, count]) as tf.Tensor2D;
}
