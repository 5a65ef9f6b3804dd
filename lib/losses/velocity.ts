// The diffusion's forward process and the velocity that the flow is trained to predict.
import { tf } from "../tensor/tf.ts";
import type { DiffusionSchedule } from "./diffusion_schedule.ts";

/** One batch of the diffusion: what the model sees and what it should answer, both of the latents' shape. */
export interface VelocityBatch {
  /** √ᾱ·x + √(1−ᾱ)·ε. */
  readonly noisy: tf.Tensor3D;
  /** √ᾱ·ε − √(1−ᾱ)·x. */
  readonly target: tf.Tensor3D;
}

/**
 * Noises each example to its own time step. `clean`, `noise`: [N, tokens, L]; `times`: N whole numbers below the schedule's
 * length. The caller owns both tensors.
 * Source: Salimans and Ho 2022.
 *
 * @throws {RangeError} when there are not N times, or one is outside the schedule.
 */
export function velocityBatch(
  clean: tf.Tensor3D,
  noise: tf.Tensor3D,
  times: readonly number[],
  schedule: DiffusionSchedule,
): VelocityBatch {
  if (times.length !== clean.shape[0]) {
    throw new RangeError(
      `Cannot noise ${
        clean.shape[0]
      } latents: ${times.length} time steps were given`,
    );
  }
  return tf.tidy(() => {
    const signalShare = perExample(schedule.signal, times);
    const noiseShare = perExample(schedule.noise, times);
    return {
      noisy: tf.add(
        tf.mul(signalShare, clean),
        tf.mul(noiseShare, noise),
      ) as tf.Tensor3D,
      target: tf.sub(
        tf.mul(signalShare, noise),
        tf.mul(noiseShare, clean),
      ) as tf.Tensor3D,
    };
  });
}

/** The table's values at `times` as [N, 1, 1]. */
function perExample(
  table: Float64Array,
  times: readonly number[],
): tf.Tensor3D {
  const values = times.map((time) => {
    const value = table[time];
    if (value !== undefined) return value;
    throw new RangeError(
      `Cannot noise a latent to time step ${time}: the schedule has ${table.length}`,
    );
  });
  return tf.tensor3d(values, [times.length, 1, 1]);
}
