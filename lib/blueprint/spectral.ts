// Weights of layers under spectral norm, by the names of PyTorch's classic parametrisation.
import type { Initializer } from "./initializers.ts";
import type { ParameterList } from "./parameter_list.ts";
import { sizeOf } from "./parameter_spec.ts";

/** Keeps the length of a vector of zeros from dividing by nothing. */
export const EPSILON = 1e-12;
/** Name of the weight before it is divided. */
export const ORIGINAL = "weight_orig";

/** Declares a convolution with a bias, [outputs, inputs, kernel, kernel], under spectral norm. */
export function declareSpectralConv(
  list: ParameterList,
  name: string,
  sizes: {
    readonly inputs: number;
    readonly outputs: number;
    readonly kernel: number;
  },
): void {
  const { inputs, outputs, kernel } = sizes;
  list.conv(name, inputs, outputs, kernel, { weightName: ORIGINAL });
  declareVectors(list, name, outputs, inputs * kernel ** 2);
}

/** Declares an affine map with a bias, [outputs, inputs], under spectral norm. */
export function declareSpectralLinear(
  list: ParameterList,
  name: string,
  inputs: number,
  outputs: number,
): void {
  list.linear(name, inputs, outputs, { weightName: ORIGINAL });
  declareVectors(list, name, outputs, inputs);
}

function declareVectors(
  list: ParameterList,
  name: string,
  rows: number,
  columns: number,
): void {
  for (const [suffix, size] of [["u", rows], ["v", columns]] as const) {
    const vector = `${name}.weight_${suffix}`;
    list.plain(vector, [size], unitVector(list, vector), false);
  }
}

/** A random direction. */
function unitVector(list: ParameterList, name: string): Initializer {
  return (values, shape) => {
    list.stream(name).fillNormal(values);
    let squares = 0;
    for (const value of values) squares += value * value;
    const length = Math.max(Math.sqrt(squares), EPSILON);
    for (let at = 0; at < sizeOf(shape); at++) values[at]! /= length;
  };
}
