// Student's t distribution (1908): how far a mean of few values may lie from the truth. Written out, because the statistics
// packages of npm either lack fractional degrees of freedom or read the environment when they are loaded.
import { type Interval, meanOf } from "./bootstrap.ts";

/** A mean with its interval. */
export interface MeanInterval {
  readonly mean: number;
  /** Null for a single value, which shows no spread. */
  readonly interval: Interval | null;
}

/**
 * The mean of independent values with its two-sided t interval: mean ± t(n - 1) s / sqrt(n). It holds its level for as few as
 * two values where they are about normal; a bootstrap of so few would be too narrow.
 */
export function meanInterval(
  values: readonly number[],
  level = 0.95,
): MeanInterval {
  const mean = meanOf(values);
  const count = values.length;
  if (count < 2) return { mean, interval: null };
  const half = tQuantile(1 - (1 - level) / 2, count - 1) *
    Math.sqrt(varianceOf(values) / count);
  return { mean, interval: [mean - half, mean + half] };
}

/** Unbiased variance of at least two values. */
export function varianceOf(values: readonly number[]): number {
  const mean = meanOf(values);
  const sum = values.reduce((total, value) => total + (value - mean) ** 2, 0);
  return sum / (values.length - 1);
}

/**
 * The number below which a t variable of `freedom` degrees (any positive number) stays with probability `p`, to about 8
 * digits; by bisection, since the distribution function is monotone.
 *
 * @throws {RangeError} unless 0 < p < 1 and freedom > 0
 */
export function tQuantile(p: number, freedom: number): number {
  if (!(p > 0 && p < 1 && freedom > 0)) {
    throw new RangeError(
      `Cannot invert t at p = ${p} with ${freedom} degrees of freedom`,
    );
  }
  if (p < 0.5) return -tQuantile(1 - p, freedom);
  let [low, high] = [0, 1];
  while (tDistribution(high, freedom) < p && high < 1e300) high *= 2;
  for (let halvings = 0; halvings < 200 && high - low > 1e-13 * high;) {
    const middle = (low + high) / 2;
    if (tDistribution(middle, freedom) < p) low = middle;
    else high = middle;
    halvings++;
  }
  return (low + high) / 2;
}

/** Probability that a t variable of `freedom` degrees is at most `t`. */
export function tDistribution(t: number, freedom: number): number {
  const tail = regularizedBeta(freedom / (freedom + t * t), freedom / 2, 0.5) /
    2;
  return t < 0 ? tail : 1 - tail;
}

/** I_x(a, b), by the continued fraction of its symmetric side (Abramowitz and Stegun 1964, 26.5.8), evaluated by Lentz's method. */
function regularizedBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - regularizedBeta(1 - x, b, a);
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) +
      a * Math.log(x) + b * Math.log1p(-x),
  ) / a;
  return front / betaFraction(x, a, b);
}

const TINY = 1e-300;

function betaFraction(x: number, a: number, b: number): number {
  let [value, c, d] = [1, 1, 0];
  for (let index = 1; index < 1000; index++) {
    const m = Math.floor(index / 2);
    const term = index % 2 === 0
      ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (Math.abs(1 + term * d) < TINY ? TINY : 1 + term * d);
    c = Math.abs(1 + term / c) < TINY ? TINY : 1 + term / c;
    const step = c * d;
    value *= step;
    if (Math.abs(step - 1) < 1e-15) break;
  }
  return value;
}

/** ln Γ(x) for x > 0, by Stirling's series from 10 on (Abramowitz and Stegun 1964, 6.1.41) and Γ(x + 1) = x Γ(x) below. */
function logGamma(x: number): number {
  let shift = 0;
  let at = x;
  while (at < 10) shift += Math.log(at++);
  const square = 1 / (at * at);
  const series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 -
            square * (1 / 1680 - square / 1188)))) / at;
  return (at - 0.5) * Math.log(at) - at + Math.log(2 * Math.PI) / 2 + series -
    shift;
}
