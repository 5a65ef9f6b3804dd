// Follows a velocity model from noise to a latent: Euler and DPM-Solver++ 2M.
import { tf } from "../tensor/tf.ts";
import { CLEAN, type CoursePoint } from "./noise_course.ts";

/** Velocity of a latent at one time; the caller owns the result. */
export type VelocityModel = (latent: tf.Tensor3D, time: number) => tf.Tensor3D;

/** The solvers by their name in a pipeline. */
export type SolverName = "dpm++" | "euler";

/** What a solver is given. */
export interface SamplingTask {
  readonly solver: SolverName;
  /** N(0, 1), [N, tokens, L]; stays the caller's. */
  readonly start: tf.Tensor3D;
  readonly course: readonly CoursePoint[];
  readonly velocity: VelocityModel;
  /** Called after each step; false gives up. */
  readonly onStep: (done: number) => Promise<boolean>;
}

/** Latent [N, tokens, L] at the clean end, which the caller owns; null when `onStep` gave up. */
export async function sampleLatent(
  task: SamplingTask,
): Promise<tf.Tensor3D | null> {
  let latent = task.start.clone();
  /** What the step before predicted as the clean latent; only DPM-Solver++ looks back. */
  let before: tf.Tensor3D | null = null;
  for (const [index, point] of task.course.entries()) {
    const next = task.course[index + 1] ?? CLEAN;
    const previous = task.course[index - 1];
    const [moved, clean] = tf.tidy(() => {
      const velocity = task.velocity(latent, point.time);
      const predicted = predictedClean(latent, velocity, point);
      const direction =
        task.solver === "dpm++" && before !== null && previous !== undefined
          ? extrapolated(predicted, before, [previous, point, next])
          : predicted;
      const result = task.solver === "dpm++"
        ? dpmStep(latent, direction, point, next)
        : eulerStep(latent, velocity, point, next);
      return [result, predicted] as [tf.Tensor3D, tf.Tensor3D];
    });
    latent.dispose();
    before?.dispose();
    latent = moved;
    before = clean;
    if (await task.onStep(index + 1)) continue;
    tf.dispose([latent, before]);
    return null;
  }
  before?.dispose();
  return latent;
}

type Level = Omit<CoursePoint, "time">;

/** x0 = signal * x - noise * v (Salimans and Ho 2022). */
function predictedClean(
  latent: tf.Tensor3D,
  velocity: tf.Tensor3D,
  at: Level,
): tf.Tensor3D {
  return tf.sub(tf.mul(latent, at.signal), tf.mul(velocity, at.noise));
}

/** One step along the predicted noise: Euler in the ratio of noise to signal, which is DDIM (Song et al. 2021). */
function eulerStep(
  latent: tf.Tensor3D,
  velocity: tf.Tensor3D,
  at: Level,
  next: Level,
): tf.Tensor3D {
  const clean = predictedClean(latent, velocity, at);
  const noise = tf.add(tf.mul(latent, at.noise), tf.mul(velocity, at.signal));
  return tf.add(tf.mul(clean, next.signal), tf.mul(noise, next.noise));
}

/** The exponential step towards a fixed clean latent (Lu et al. 2022, DPM-Solver++). */
function dpmStep(
  latent: tf.Tensor3D,
  clean: tf.Tensor3D,
  at: Level,
  next: Level,
): tf.Tensor3D {
  if (next.noise === 0) return tf.mul(clean, next.signal);
  const stay = next.noise / at.noise;
  // signal' * (1 - e^-h), with e^-h = (signal / noise) / (signal' / noise')
  const pull = next.signal - stay * at.signal;
  return tf.add(tf.mul(latent, stay), tf.mul(clean, pull));
}

/** Second order: the clean latent half a step ahead, from this prediction and the one before. */
function extrapolated(
  clean: tf.Tensor3D,
  before: tf.Tensor3D,
  [previous, at, next]: readonly [Level, Level, Level],
): tf.Tensor3D {
  // At the clean end the log ratio is infinite, and first order is exact there.
  if (next.noise === 0) return clean;
  const ratio = (logRatio(at) - logRatio(previous)) /
    (logRatio(next) - logRatio(at));
  const share = 1 / (2 * ratio);
  return tf.sub(tf.mul(clean, 1 + share), tf.mul(before, share));
}

/** log(signal / noise), half the log signal-to-noise ratio. */
function logRatio(level: Level): number {
  return Math.log(level.signal / level.noise);
}
