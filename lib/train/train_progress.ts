// Where a train step stands, as a value: old progress in, new progress out. Tensors are not part of it.
import { findMetric } from "../metrics/vocabulary.ts";
import {
  emptyWindow,
  meanSoFar,
  type MetricWindow,
  pushMetric,
} from "../metrics/metric_window.ts";
import type { CorruptSample } from "../data/corrupt_sample.ts";
import { NONE_SKIPPED, type SkippedUpdates } from "./finite_guard.ts";

/** Position in the data. It belongs to the batch that was trained on last, never to one that was only read. */
export interface TrainCursor {
  /** Counts from 0. */
  readonly epoch: number;
  /** Batches of `epoch` that are trained; all of them while the epoch's end is still to be dealt with. */
  readonly batch: number;
  /** Batches of the whole step that are trained. */
  readonly trainStep: number;
}

/** Sums over all batches of a step. */
export interface TrainedCounts {
  /** Pictures, each as often as it was seen. */
  readonly images: number;
  /** Updates of the weights; one of several networks on one batch counts once. */
  readonly updates: number;
}

/** Everything beside tensors that changes while a step trains. */
export interface TrainProgress {
  readonly cursor: TrainCursor;
  /** Last values by metric name. */
  readonly windows: Readonly<Record<string, MetricWindow>>;
  readonly skipped: SkippedUpdates;
  /** What was trained so far; null where an older checkpoint did not count. */
  readonly trained: TrainedCounts | null;
  /** Samples that were left out so far, in the order in which they were met. */
  readonly corrupt: readonly CorruptSample[];
  /** Sample pictures of this moment are still to be drawn. */
  readonly samplesDue: boolean;
  readonly finished: boolean;
  /** Why the step ended; null before. */
  readonly endReason: string | null;
}

/** Values whose mean is shown and ranked where no transition asks for another size; FluxFlow's window. */
const SHOWN_WINDOW = 20;

/** Values that a trainer remembers of each kind; FluxFlow's count for adaptive weights. */
export const REMEMBERED_WINDOW = 100;

/** Before the first batch. `window` gives one metric another size than {@linkcode SHOWN_WINDOW}; `corrupt` are samples that are left out from the start. */
export function startProgress(
  window: { readonly metric: string; readonly size: number } | null,
  corrupt: readonly CorruptSample[] = [],
): TrainProgress {
  return {
    cursor: { epoch: 0, batch: 0, trainStep: 0 },
    windows: window === null
      ? {}
      : { [window.metric]: emptyWindow(window.size) },
    skipped: NONE_SKIPPED,
    trained: { images: 0, updates: 0 },
    corrupt,
    samplesDue: false,
    finished: false,
    endReason: null,
  };
}

/** Where training goes on, as the plan says it: the batch that comes next, counted from one. */
export function nextPlace(
  cursor: TrainCursor,
  batchesPerEpoch: number,
  epochs: number,
): string {
  const isOver = cursor.batch >= batchesPerEpoch;
  const epoch = cursor.epoch + (isOver ? 2 : 1);
  if (epoch > epochs) return `behind the last batch of epoch ${epochs}`;
  const batch = isOver ? 1 : cursor.batch + 1;
  return `at epoch ${epoch}, batch ${batch} of ${batchesPerEpoch}`;
}

/** The windows after one more value of each metric. */
export function pushMetrics(
  windows: Readonly<Record<string, MetricWindow>>,
  values: Readonly<Record<string, number>>,
): Record<string, MetricWindow> {
  return pushed(windows, values, SHOWN_WINDOW);
}

/** The windows after one more of each value that a trainer remembers. */
export function pushRemembered(
  windows: Readonly<Record<string, MetricWindow>>,
  values: Readonly<Record<string, number>>,
): Record<string, MetricWindow> {
  return pushed(windows, values, REMEMBERED_WINDOW);
}

function pushed(
  windows: Readonly<Record<string, MetricWindow>>,
  values: Readonly<Record<string, number>>,
  size: number,
): Record<string, MetricWindow> {
  const next = { ...windows };
  for (const [name, value] of Object.entries(values)) {
    next[name] = pushMetric(next[name] ?? emptyWindow(size), value);
  }
  return next;
}

/** What a metric is at now: the last value of a held-out one, the mean of a training one; null while it has none. */
export function presentValue(
  progress: TrainProgress,
  metric: string,
): number | null {
  const window = progress.windows[metric];
  if (window === undefined) return null;
  return metric.startsWith("val_")
    ? window.values.at(-1) ?? null
    : meanSoFar(window);
}

/** What a person looks at first. */
const SHOWN_FIRST = ["recon_l1", "recon_loss", "flow_loss", "kl_loss"];

/**
 * Present values of the metrics that have a better side: held-out ones, then those that a person looks at first, then the
 * rest by name, so that the order is the same after a resume. A name that only repeats another one's value is left out, and
 * so is a count of nothing.
 */
export function presentValues(progress: TrainProgress): Record<string, number> {
  const names = Object.keys(progress.windows).filter((name) =>
    (findMetric(name)?.direction ?? null) !== null
  ).sort();
  const heldOut = names.filter((name) => name.startsWith("val_"));
  const first = SHOWN_FIRST.filter((name) => names.includes(name));
  const values: Record<string, number> = {};
  for (const name of new Set([...heldOut, ...first, ...names])) {
    const value = presentValue(progress, name);
    const isEmptyCount = name === "skipped_updates" && value === 0;
    if (value === null || isEmptyCount) continue;
    if (!Object.values(values).includes(value)) values[name] = value;
  }
  return values;
}
