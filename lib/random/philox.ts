// Philox 4x32-10: 128 random bits as a pure function of a counter and a key (Salmon et al. 2011, "Parallel random numbers:
// as easy as 1, 2, 3").

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const KEY_STEP_0 = 0x9e3779b9;
const KEY_STEP_1 = 0xbb67ae85;
const ROUNDS = 10;

/** Four words of 32 bits as signed integers, which is what the engine computes fastest with. */
export type Words = Int32Array;

/**
 * Writes the block of counter (c0, c1, c2, c3) and key (k0, k1) into `out`. Every argument is taken modulo 2^32.
 */
export function philox(
  counter: Words,
  key0: number,
  key1: number,
  out: Words,
): void {
  let c0 = counter[0]!, c1 = counter[1]!, c2 = counter[2]!, c3 = counter[3]!;
  let k0 = key0 | 0, k1 = key1 | 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = highProduct(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = highProduct(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + KEY_STEP_0) | 0;
    k1 = (k1 + KEY_STEP_1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/**
 * Upper 32 bits of the product of two unsigned words. In halves of 16 bits, since a product of 64 bits does not fit a
 * number and a BigInt is a hundred times slower.
 */
export function highProduct(a: number, b: number): number {
  const aLow = a & 0xffff, aHigh = a >>> 16;
  const bLow = b & 0xffff, bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) +
    (Math.imul(aLow, bLow) >>> 16)) | 0;
  const carry = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) | 0;
}
