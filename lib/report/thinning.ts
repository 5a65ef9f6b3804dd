// Fewer points for the same picture, and the smooth line through noisy ones.

/** One point of a curve: updates made, and the value. */
export type Point = readonly [x: number, y: number];

/**
 * At most `most` points that look like all of them: the first, the last, and from each stretch between the one that spans the
 * largest triangle with its neighbours (Steinarsson 2013, "Largest-Triangle-Three-Buckets"), so that peaks stay.
 */
export function thinned(
  points: readonly Point[],
  most: number,
): readonly Point[] {
  if (points.length <= most || most < 3) {
    return points.length <= most ? points : [points[0]!, points.at(-1)!];
  }
  const kept: Point[] = [points[0]!];
  const stretch = (points.length - 2) / (most - 2);
  for (let bucket = 0; bucket < most - 2; bucket++) {
    const start = 1 + Math.floor(bucket * stretch);
    const end = 1 + Math.floor((bucket + 1) * stretch);
    const next = meanOf(
      points,
      end,
      Math.min(points.length, 1 + Math.floor((bucket + 2) * stretch)),
    );
    kept.push(farthest(points, { start, end }, kept.at(-1)!, next));
  }
  kept.push(points.at(-1)!);
  return kept;
}

function farthest(
  points: readonly Point[],
  { start, end }: { readonly start: number; readonly end: number },
  before: Point,
  after: Point,
): Point {
  let best = points[start]!;
  let largest = -1;
  for (let at = start; at < end; at++) {
    const [x, y] = points[at]!;
    const area = Math.abs(
      (before[0] - after[0]) * (y - before[1]) -
        (before[0] - x) * (after[1] - before[1]),
    );
    if (area > largest) {
      largest = area;
      best = points[at]!;
    }
  }
  return best;
}

function meanOf(points: readonly Point[], start: number, end: number): Point {
  let [sumX, sumY] = [0, 0];
  for (let at = start; at < end; at++) {
    sumX += points[at]![0];
    sumY += points[at]![1];
  }
  const count = Math.max(1, end - start);
  return [sumX / count, sumY / count];
}

/** Points below which a raw curve is smooth enough to read. */
const FEWEST_SMOOTHED = 20;
/** The smooth line averages over about this part of a curve. */
const SMOOTHED_SHARE = 1 / 30;

/** Exponential average with the bias of its start taken out, as TensorBoard draws it; null for curves that are too short to need one. */
export function smoothed(points: readonly Point[]): readonly Point[] | null {
  if (points.length < FEWEST_SMOOTHED) return null;
  const keep = 1 - 1 / Math.max(4, points.length * SMOOTHED_SHARE);
  let [sum, weight] = [0, 0];
  return points.map(([x, y]) => {
    sum = keep * sum + (1 - keep) * y;
    weight = keep * weight + (1 - keep);
    return [x, sum / weight] as const;
  });
}
