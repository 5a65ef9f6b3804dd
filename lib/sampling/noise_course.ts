// The time steps that a sampler visits, with signal and noise at each; plain numbers.
import type { DiffusionSchedule } from "../losses/diffusion_schedule.ts";

/** One point of the way from noise to picture. */
export interface CoursePoint {
  /** Index into the schedule, which is what the model is asked with. */
  readonly time: number;
  /** What signal and noise are multiplied by there. */
  readonly signal: number;
  readonly noise: number;
}

/** The clean end: all signal. The model is never asked there. */
export const CLEAN: Omit<CoursePoint, "time"> = { signal: 1, noise: 0 };

/**
 * `steps` points from the noisiest time down, evenly spaced and ending one stride above zero ("trailing"), so that the first
 * one is the time at which a latent is all noise. Source: Lin et al. 2024.
 *
 * @throws {RangeError} when `steps` is not within 1 and the schedule's length.
 */
export function noiseCourse(
  schedule: DiffusionSchedule,
  steps: number,
): CoursePoint[] {
  const { timeSteps } = schedule;
  if (!Number.isInteger(steps) || steps < 1 || steps > timeSteps) {
    throw new RangeError(
      `Cannot sample in ${steps} steps: wanted 1 to ${timeSteps}`,
    );
  }
  return Array.from({ length: steps }, (_, index) => {
    const time = Math.round(timeSteps * (1 - index / steps)) - 1;
    return {
      time,
      signal: schedule.signal[time]!,
      noise: schedule.noise[time]!,
    };
  });
}
