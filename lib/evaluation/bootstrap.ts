// How sure a mean is: the percentile interval of Efron's bootstrap (1979), seeded.
import { RandomStream } from "../random/random_stream.ts";

/** From the lower to the upper end. */
export type Interval = readonly [low: number, high: number];

/** How an interval is drawn. */
export interface BootstrapOptions {
  /** Resamplings. */
  readonly samples: number;
  readonly seed: number;
  /** Share of resampled means inside, 0.95 by default. */
  readonly level?: number;
}

/**
 * Interval of the mean of `values`, each of which counts as one independent observation. The same values in the same
 * order with the same seed give the same interval.
 *
 * @throws {RangeError} for fewer than two values, which have no spread to resample
 */
export function bootstrapInterval(
  values: readonly number[],
  { samples, seed, level = 0.95 }: BootstrapOptions,
): Interval {
  if (values.length < 2) {
    throw new RangeError(
      `Cannot resample ${values.length} values: wanted at least 2`,
    );
  }
  const stream = RandomStream.of(seed, "bootstrap");
  const means = new Float64Array(samples);
  for (let sample = 0; sample < samples; sample++) {
    let sum = 0;
    for (let draw = 0; draw < values.length; draw++) {
      sum += values[Math.floor(stream.uniform() * values.length)]!;
    }
    means[sample] = sum / values.length;
  }
  means.sort();
  const tail = (1 - level) / 2;
  return [quantile(means, tail), quantile(means, 1 - tail)];
}

/** Mean of at least one number. */
export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Linear between the two nearest ranks. */
function quantile(sorted: Float64Array, share: number): number {
  const rank = share * (sorted.length - 1);
  const below = Math.floor(rank);
  const above = Math.min(sorted.length - 1, below + 1);
  const low = sorted[below]!;
  return low + (sorted[above]! - low) * (rank - below);
}
