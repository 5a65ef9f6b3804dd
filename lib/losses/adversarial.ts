// The hinge pair of adversarial training, and the gradient penalty on real pictures.
import { tf } from "../tensor/tf.ts";

/**
 * mean relu(1 - real) + mean relu(1 + fake), each picture judged by the mean over its patches.
 * `real`, `fake`: [N, h, w, 1]. The caller owns the scalar. Source: Lim and Ye 2017.
 */
export function discriminatorHinge(
  real: tf.Tensor4D,
  fake: tf.Tensor4D,
): tf.Scalar {
  return tf.tidy(() =>
    tf.add(
      tf.mean(tf.relu(tf.sub(1, verdicts(real)))),
      tf.mean(tf.relu(tf.add(1, verdicts(fake)))),
    )
  );
}

/** Minus the mean verdict on decoded pictures. `fake`: [N, h, w, 1]. The caller owns the scalar. */
export function generatorHinge(fake: tf.Tensor4D): tf.Scalar {
  return tf.tidy(() => tf.neg(tf.mean(verdicts(fake))));
}

/** One number per picture: the mean over its patches. [N, h, w, 1] to [N]. The caller owns it. */
export function verdicts(logits: tf.Tensor4D): tf.Tensor1D {
  return tf.mean(logits, [1, 2, 3]);
}

/**
 * R1: mean over pictures of the squared norm of the verdict's gradient. `gradient`: [N, H, W, C], of the summed verdicts with
 * respect to the pictures. The caller owns the scalar. Source: Mescheder et al. 2018, without their factor of half.
 */
export function gradientPenalty(gradient: tf.Tensor4D): tf.Scalar {
  return tf.tidy(() => tf.mean(tf.sum(tf.square(gradient), [1, 2, 3])));
}

/**
 * A term with the value and the weights' gradient of {@linkcode gradientPenalty}, without a second reverse pass. With g the
 * gradient, d|g|^2 = 2 g dg, and g dg is the change of the verdict's derivative along g while g is held: `slope`, [N, h, w, 1],
 * is that derivative as the discriminator carries it forward. Exact, since the verdict is piecewise linear in the pictures.
 */
export function penaltyTerm(
  slope: tf.Tensor4D,
  gradient: tf.Tensor4D,
): tf.Scalar {
  return tf.tidy(() =>
    tf.sub(
      tf.mul(2, tf.mean(verdicts(slope))),
      gradientPenalty(gradient),
    )
  );
}
