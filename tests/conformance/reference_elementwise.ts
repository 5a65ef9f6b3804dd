// References of operations that work on each element alone, with broadcasting.
import {
  atBroadcast,
  broadcastShape,
  build,
  type Numbers,
} from "./reference_array.ts";

/** `compute` on each element. */
export function mapped(
  compute: (value: number) => number,
): (inputs: readonly Numbers[]) => Numbers {
  return ([x]) => build(x!.shape, (_, index) => compute(x!.values[index]!));
}

/** `compute` on elements that meet after broadcasting all inputs to one shape. */
export function combined(
  compute: (...values: number[]) => number,
): (inputs: readonly Numbers[]) => Numbers {
  return (inputs) => {
    const shape = inputs.map((input) => input.shape).reduce(broadcastShape);
    return build(
      shape,
      (place) => compute(...inputs.map((input) => atBroadcast(input, place))),
    );
  };
}

/** Logistic function. */
export function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/** Error function: its power series, and beyond 3 the continued fraction of its complement (Abramowitz and Stegun 7.1). */
export function erf(value: number): number {
  const x = Math.abs(value);
  if (x > 3) {
    let fraction = 0;
    for (let k = 60; k >= 1; k--) fraction = k / 2 / (x + fraction);
    const tail = Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + fraction);
    return Math.sign(value) * (1 - tail);
  }
  let term = x;
  let sum = x;
  for (let k = 1; k < 80; k++) {
    term *= -x * x / k;
    sum += term / (2 * k + 1);
  }
  return Math.sign(value) * 2 / Math.sqrt(Math.PI) * sum;
}
