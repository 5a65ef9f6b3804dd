// The last values of one metric and their mean, which transitions compare with a threshold.

/** A window as a value; plain JSON, stored with every checkpoint. */
export interface MetricWindow {
  /** How many values the mean is over. */
  readonly size: number;
  /** The last values, oldest first, at most `size`. */
  readonly values: readonly number[];
}

/**
 * A window without values. FluxFlow's transitions use a size of 20.
 *
 * @throws {RangeError} when `size` is not a whole number above 0.
 */
export function emptyWindow(size: number): MetricWindow {
  if (Number.isInteger(size) && size > 0) return { size, values: [] };
  throw new RangeError(
    `Cannot make a metric window of ${size} values: it must be 1 or more`,
  );
}

/** The window after one more value. One that is not finite is left out: a skipped update says nothing about the metric. */
export function pushMetric(window: MetricWindow, value: number): MetricWindow {
  if (!Number.isFinite(value)) return window;
  return {
    size: window.size,
    values: [...window.values, value].slice(-window.size),
  };
}

/** Mean of a full window; null until it is full, so that no transition fires on a few lucky values. */
export function windowMean(window: MetricWindow): number | null {
  return window.values.length < window.size ? null : meanOf(window);
}

/** Mean of whatever the window holds, for display; null when it holds nothing. */
export function meanSoFar(window: MetricWindow): number | null {
  return window.values.length === 0 ? null : meanOf(window);
}

function meanOf({ values }: MetricWindow): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
