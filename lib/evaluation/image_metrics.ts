// Distances of a picture from its original. All take RGB numbers in [0, 1] and sum in float64 in a fixed order.
import type { PictureSize } from "./picture.ts";

/** Squared error below which two pictures count as equal: no 8-bit picture can show less. */
const LEAST_SQUARED_ERROR = 1e-10;
const CHANNELS = 3;
const WINDOW = 11;
const WINDOW_SIGMA = 1.5;
/** Constants of the paper, K1 = 0.01 and K2 = 0.03, for values of range 1. */
const LUMINANCE_FLOOR = 0.01 ** 2;
const CONTRAST_FLOOR = 0.03 ** 2;

/**
 * Mean of |a - b|.
 *
 * @throws {RangeError} for arrays that are empty or not equally long
 */
export function meanAbsoluteError(a: Float32Array, b: Float32Array): number {
  wantEqualLengths(a, b);
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += Math.abs(a[at]! - b[at]!);
  return sum / a.length;
}

/**
 * Peak signal-to-noise ratio in decibels for a peak of 1. At most 100, so that means over pictures stay finite.
 *
 * @throws {RangeError} for arrays that are empty or not equally long
 */
export function psnr(a: Float32Array, b: Float32Array): number {
  wantEqualLengths(a, b);
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at]! - b[at]!) ** 2;
  return -10 * Math.log10(Math.max(LEAST_SQUARED_ERROR, sum / a.length));
}

/**
 * Structural similarity, at most 1: mean over channels and over all places where the Gaussian window lies wholly inside.
 * The window is 11 x 11 with a deviation of 1.5 pixels; pictures that are smaller get the largest odd one that fits.
 * Wang, Bovik, Sheikh, Simoncelli: Image quality assessment, 2004.
 *
 * @param a [height * width * 3]
 * @param b [height * width * 3]
 * @throws {RangeError} for arrays that do not have the size
 */
export function ssim(
  a: Float32Array,
  b: Float32Array,
  size: PictureSize,
): number {
  wantEqualLengths(a, b);
  if (a.length !== size.height * size.width * CHANNELS) {
    throw new RangeError(
      `Cannot compare pictures: found ${a.length} numbers, wanted ${size.width}x${size.height}x${CHANNELS}`,
    );
  }
  let sum = 0;
  for (let channel = 0; channel < CHANNELS; channel++) {
    sum += planeSimilarity(
      planeOf(a, channel),
      planeOf(b, channel),
      size,
    );
  }
  return sum / CHANNELS;
}

function planeSimilarity(
  a: Float64Array,
  b: Float64Array,
  size: PictureSize,
): number {
  const weights = gaussianWindow(Math.min(size.height, size.width));
  const smooth = (plane: Float64Array) => filtered(plane, size, weights);
  const meanA = smooth(a);
  const meanB = smooth(b);
  const squareA = smooth(a.map((value) => value * value));
  const squareB = smooth(b.map((value) => value * value));
  const product = smooth(a.map((value, at) => value * b[at]!));
  let sum = 0;
  for (let at = 0; at < meanA.length; at++) {
    const [mA, mB] = [meanA[at]!, meanB[at]!];
    const varianceA = squareA[at]! - mA * mA;
    const varianceB = squareB[at]! - mB * mB;
    const covariance = product[at]! - mA * mB;
    sum += (2 * mA * mB + LUMINANCE_FLOOR) *
      (2 * covariance + CONTRAST_FLOOR) /
      ((mA * mA + mB * mB + LUMINANCE_FLOOR) *
        (varianceA + varianceB + CONTRAST_FLOOR));
  }
  return sum / meanA.length;
}

/** Both passes of the separable window over one plane; only whole windows count. */
function filtered(
  plane: Float64Array,
  { height, width }: PictureSize,
  weights: Float64Array,
): Float64Array {
  const span = weights.length;
  const shortWidth = width - span + 1;
  const shortHeight = height - span + 1;
  const rows = new Float64Array(height * shortWidth);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < shortWidth; x++) {
      let sum = 0;
      for (let k = 0; k < span; k++) {
        sum += weights[k]! * plane[y * width + x + k]!;
      }
      rows[y * shortWidth + x] = sum;
    }
  }
  const result = new Float64Array(shortHeight * shortWidth);
  for (let y = 0; y < shortHeight; y++) {
    for (let x = 0; x < shortWidth; x++) {
      let sum = 0;
      for (let k = 0; k < span; k++) {
        sum += weights[k]! * rows[(y + k) * shortWidth + x]!;
      }
      result[y * shortWidth + x] = sum;
    }
  }
  return result;
}

function gaussianWindow(shortestSide: number): Float64Array {
  const fitting = shortestSide % 2 === 1 ? shortestSide : shortestSide - 1;
  const span = Math.min(WINDOW, fitting);
  const weights = Float64Array.from(
    { length: span },
    (_, k) => Math.exp(-((k - (span - 1) / 2) ** 2) / (2 * WINDOW_SIGMA ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function planeOf(values: Float32Array, channel: number): Float64Array {
  return Float64Array.from(
    { length: values.length / CHANNELS },
    (_, pixel) => values[pixel * CHANNELS + channel]!,
  );
}

function wantEqualLengths(a: Float32Array, b: Float32Array): void {
  if (a.length === b.length && a.length > 0) return;
  throw new RangeError(
    `Cannot compare pictures of ${a.length} and ${b.length} numbers: wanted equally many, at least one`,
  );
}
