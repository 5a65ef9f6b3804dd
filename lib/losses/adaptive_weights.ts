// Weights that bring losses of different size to the same one.

/** Keeps a loss of nothing from dividing by nothing. */
const EPSILON = 1e-8;

/**
 * For each loss the mean size of all over its own, so that each counts the same; 1 where a size is null or 0. Sizes are
 * averages of magnitudes: FluxFlow averages signed values, so that a generator that does well has a negative weight and is
 * trained to do worse.
 */
export function adaptiveWeights<K extends string>(
  sizes: Readonly<Record<K, number | null>>,
): Record<K, number> {
  const entries = Object.entries(sizes) as [K, number | null][];
  const known = entries.flatMap(([, size]) => isKnown(size) ? [size] : []);
  const mean = known.reduce((sum, size) => sum + size, 0) / known.length;
  return Object.fromEntries(
    entries.map(([name, size]) => [
      name,
      isKnown(size) ? mean / (size + EPSILON) : 1,
    ]),
  ) as Record<K, number>;
}

function isKnown(size: number | null): size is number {
  return size !== null && size > 0;
}
