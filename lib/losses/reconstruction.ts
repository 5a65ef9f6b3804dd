// How far a decoded picture is from the original: error weighted by frequency, plus squared error.
import { tf } from "../tensor/tf.ts";

/** How the parts of the reconstruction loss are weighted. */
export interface ReconstructionWeights {
  /** Weight of the mean squared error beside the frequency-weighted one. */
  readonly mse_weight: number;
  /** Weight of the high frequencies; FluxFlow's is 0.5. */
  readonly highFrequencyWeight?: number;
}

/**
 * Frequency-weighted error plus `mse_weight` times the mean squared error: what FluxFlow logs as `vae_loss`.
 * `predicted`, `target`: [N, H, W, C], of equal shape. The caller owns the scalar.
 */
export function reconstructionLoss(
  predicted: tf.Tensor4D,
  target: tf.Tensor4D,
  weights: ReconstructionWeights,
): tf.Scalar {
  return tf.tidy(() => {
    const frequency = frequencyWeightedError(
      predicted,
      target,
      weights.highFrequencyWeight,
    );
    if (weights.mse_weight === 0) return frequency;
    return tf.add(
      frequency,
      tf.mul(weights.mse_weight, meanSquaredError(predicted, target)),
    );
  });
}

/**
 * Mean absolute error of the low frequencies plus `highWeight` times that of the rest. Low means a 3x3 mean with zeros
 * around the picture. `predicted`, `target`: [N, H, W, C]. The caller owns the scalar.
 */
export function frequencyWeightedError(
  predicted: tf.Tensor4D,
  target: tf.Tensor4D,
  highWeight = 0.5,
): tf.Scalar {
  return tf.tidy(() => {
    // The filter is linear: filtering the difference once equals the difference of two filtered pictures.
    const difference = tf.sub(predicted, target) as tf.Tensor4D;
    const low = boxMean(difference);
    const high = tf.sub(difference, low);
    return tf.add(
      tf.mean(tf.abs(low)),
      tf.mul(highWeight, tf.mean(tf.abs(high))),
    );
  });
}

/** Mean squared error over all elements. The shapes are equal. The caller owns the scalar. */
export function meanSquaredError(
  predicted: tf.Tensor,
  target: tf.Tensor,
): tf.Scalar {
  return tf.tidy(() => tf.mean(tf.squaredDifference(predicted, target)));
}

/** 3x3 mean that counts the zeros around the picture. [N, H, W, C] to the same shape. */
function boxMean(images: tf.Tensor4D): tf.Tensor4D {
  // The filter is its own adjoint, and one pooling costs far less than the engine's pooling gradient.
  const filter = tf.customGrad((x) => ({
    value: zeroPaddedMean(x as tf.Tensor4D),
    gradFunc: (dy) => zeroPaddedMean(dy as tf.Tensor4D),
  }));
  return filter(images) as tf.Tensor4D;
}

function zeroPaddedMean(images: tf.Tensor4D): tf.Tensor4D {
  return tf.avgPool(
    tf.pad4d(images, [[0, 0], [1, 1], [1, 1], [0, 0]]),
    3,
    1,
    "valid",
  );
}
