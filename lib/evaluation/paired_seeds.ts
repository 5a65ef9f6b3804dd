// Two arms trained with several seeds and measured on pictures: what their difference shows beyond the seeds and pictures at hand.
import type { Interval } from "./bootstrap.ts";
import { meanOf } from "./bootstrap.ts";
import { tQuantile, varianceOf } from "./student_t.ts";

/** Treatment minus control of one seed, by the name of the picture. */
export type SeedDifferences = ReadonlyMap<string, number>;

/** The difference of two arms over seeds and pictures. */
export interface PairedSeeds {
  /** Mean over seeds of each seed's mean over pictures. */
  readonly mean: number;
  /** Of that mean; null for a single seed or picture, which says nothing about others. */
  readonly interval: Interval | null;
  /** Each seed's mean over pictures, in the order given. */
  readonly perSeed: readonly number[];
  readonly seeds: number;
  /** Different pictures. */
  readonly images: number;
}

/**
 * Level of the interval. Means of few seeds are not quite normal, and a matrix has many of them: with 95 % one experiment in
 * twenty would find what is not there.
 */
export const SEED_LEVEL = 0.99;

/**
 * A paired t interval with seeds as the unit and pictures within them: mean ± t(S - 1) sqrt(V_seeds + V_images), where V_seeds
 * is the variance of the S per-seed means over S. V_images is the variance that the choice of pictures leaves in the mean: of
 * the M per-picture means over M where all seeds were measured on the same pictures, else the sum over pictures of the square of
 * what each brings into the mean: (1/S) times the sum, over the seeds that were measured on it, of their standard deviation over
 * their number of pictures. A picture that several seeds share so counts as one draw, not as several.
 *
 * Adding both treats seeds and pictures as random, as Clark's min F' does (1973, The language-as-fixed-effect fallacy, Journal
 * of Verbal Learning and Verbal Behavior 12, 335-359): what is shown holds for other seeds and other pictures. Where min F' raises
 * the degrees of freedom with the number of pictures, those of the seeds are kept: a few seeds that agree by chance must not make
 * hundreds of pictures speak for them. So the interval is never narrower than the t interval of the per-seed means, and one of
 * 99 % claims a difference between equal arms in at most 1 % of experiments, where per-seed means are about normal.
 *
 * @throws {RangeError} without a seed, or for a seed without pictures
 */
export function pairedSeeds(
  seeds: readonly SeedDifferences[],
  level: number = SEED_LEVEL,
): PairedSeeds {
  const tables = seeds.map((seed) => [...seed.values()]);
  if (tables.length === 0 || tables.some((values) => values.length === 0)) {
    throw new RangeError("Cannot compare arms without seeds and pictures");
  }
  const perSeed = tables.map(meanOf);
  const mean = meanOf(perSeed);
  const count = seeds.length;
  const images = new Set(seeds.flatMap((seed) => [...seed.keys()])).size;
  const found = { mean, perSeed, seeds: count, images };
  if (count < 2 || images < 2) return { ...found, interval: null };
  const variance = varianceOf(perSeed) / count +
    (areShared(seeds) ? sharedVariance(seeds) : ownVariance(seeds));
  const half = tQuantile(1 - (1 - level) / 2, count - 1) * Math.sqrt(variance);
  return { ...found, interval: [mean - half, mean + half] };
}

/** Whether all seeds were measured on the same pictures, by name. */
function areShared(seeds: readonly SeedDifferences[]): boolean {
  const [first, ...others] = seeds as [SeedDifferences, ...SeedDifferences[]];
  return others.every((seed) =>
    seed.size === first.size &&
    [...seed.keys()].every((name) => first.has(name))
  );
}

/** A mean of the same pictures under every seed does not become surer of them with more seeds. */
function sharedVariance(seeds: readonly SeedDifferences[]): number {
  const [first] = seeds as [SeedDifferences, ...SeedDifferences[]];
  const perImage = [...first.keys()].map((name) =>
    meanOf(seeds.map((seed) => seed.get(name) as number))
  );
  return varianceOf(perImage) / perImage.length;
}

function ownVariance(seeds: readonly SeedDifferences[]): number {
  const parts = new Map<string, number>();
  for (const seed of seeds) {
    const values = [...seed.values()];
    const spread = values.length < 2 ? 0 : Math.sqrt(varianceOf(values));
    for (const name of seed.keys()) {
      parts.set(name, (parts.get(name) ?? 0) + spread / values.length);
    }
  }
  return [...parts.values()].reduce((sum, part) => sum + part ** 2, 0) /
    seeds.length ** 2;
}
