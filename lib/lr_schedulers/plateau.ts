// The course that depends on what is measured: the rate falls when a metric stops improving.
import type { SchedulerEntry } from "./scheduler_options.ts";

/** What the plateau rule remembers; plain JSON. */
export interface PlateauState {
  /** The best value seen; null before the first finite one. */
  readonly best: number | null;
  /** Values since the best one. */
  readonly withoutProgress: number;
  /** The learning rate now in force. */
  readonly rate: number;
}

/** PyTorch ignores a fall that is smaller than this, in absolute terms, and so do we. */
const LEAST_FALL = 1e-8;

/** The state before anything is measured. */
export function startPlateau(rate: number): PlateauState {
  return { best: null, withoutProgress: 0, rate };
}

/**
 * The state after one more value. A value that is not finite counts as no progress.
 * Source: PyTorch's ReduceLROnPlateau with `threshold_mode="rel"`, no cooldown and no floor.
 */
export function nextPlateau(
  state: PlateauState,
  metric: number,
  entry: SchedulerEntry,
): PlateauState {
  if (isBetter(metric, state.best, entry)) {
    return { best: metric, withoutProgress: 0, rate: state.rate };
  }
  const withoutProgress = state.withoutProgress + 1;
  if (withoutProgress <= (entry.patience ?? 10)) {
    return { ...state, withoutProgress };
  }
  const lower = state.rate * (entry.factor ?? 0.1);
  return {
    best: state.best,
    withoutProgress: 0,
    rate: state.rate - lower > LEAST_FALL ? lower : state.rate,
  };
}

function isBetter(
  metric: number,
  best: number | null,
  entry: SchedulerEntry,
): boolean {
  if (!Number.isFinite(metric)) return false;
  if (best === null) return true;
  const threshold = entry.threshold ?? 1e-4;
  return entry.mode === "max"
    ? metric > best * (1 + threshold)
    : metric < best * (1 - threshold);
}
