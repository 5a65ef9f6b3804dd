// The six courses that depend on nothing but the number of updates made, in closed form.
import type { SchedulerEntry, SchedulerType } from "./scheduler_options.ts";

/** A share of the first rate after `count` updates. */
export type RateCurve = (count: number) => number;

/** Types whose course is known in advance. */
export type CurveType = Exclude<SchedulerType, "ReduceLROnPlateau">;

/**
 * The course of `entry` over `totalSteps` updates. Closed forms, not PyTorch's running products, so that a resumed step
 * computes the very same number.
 *
 * Cosine climbs again after its floor, as PyTorch's does.
 */
export function rateCurve(
  entry: SchedulerEntry & { readonly type: CurveType },
  totalSteps: number,
): RateCurve {
  switch (entry.type) {
    case "CosineAnnealingLR":
      return cosine(entry.eta_min_factor ?? 0.1, totalSteps);
    case "LinearLR":
      return linear(
        entry.start_factor ?? 1,
        entry.end_factor ?? 0.1,
        entry.total_iters ?? totalSteps,
      );
    case "StepLR":
      return falling(
        entry.gamma ?? 0.1,
        entry.step_size ?? Math.max(1, Math.floor(totalSteps / 10)),
      );
    case "MultiStepLR":
      return fallingAt(entry.gamma ?? 0.1, entry.milestones ?? []);
    case "ExponentialLR":
      return falling(entry.gamma ?? 0.95, 1);
    case "ConstantLR":
      return heldUntil(entry.factor ?? 1, entry.total_iters ?? totalSteps);
    default:
      return entry.type satisfies never;
  }
}

function cosine(floor: number, period: number): RateCurve {
  return function cosineShare(count) {
    return floor + (1 - floor) * (1 + Math.cos(Math.PI * count / period)) / 2;
  };
}

function linear(start: number, end: number, length: number): RateCurve {
  return function linearShare(count) {
    return start + (end - start) * Math.min(count, length) / length;
  };
}

function falling(gamma: number, every: number): RateCurve {
  return function fallingShare(count) {
    return gamma ** Math.floor(count / every);
  };
}

function fallingAt(gamma: number, milestones: readonly number[]): RateCurve {
  return function milestoneShare(count) {
    return gamma ** milestones.filter((milestone) => milestone <= count).length;
  };
}

function heldUntil(factor: number, length: number): RateCurve {
  return function heldShare(count) {
    return count < length ? factor : 1;
  };
}
