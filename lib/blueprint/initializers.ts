// How weights begin. Every array is filled from a stream of its own, (seed, parameter name), so that adding a layer
// never changes how another one starts.
import { RandomStream } from "../random/random_stream.ts";
import { sizeOf } from "./parameter_spec.ts";

/** Fills `values`, an array of the stored shape, in place. */
export type Initializer = (
  values: Float32Array,
  shape: readonly number[],
) => void;

/** Chooses the stream of one parameter. */
export type StreamOf = (name: string) => RandomStream;

/** Streams named after the parameters, under one seed. */
export function initialStreams(seed: number): StreamOf {
  return (name) => RandomStream.of(seed, `init/${name}`);
}

/** Every element equal to `value`. */
export function constant(value: number): Initializer {
  return (values) => {
    values.fill(value);
  };
}

/** Uniform on [-1/sqrt(fanIn), 1/sqrt(fanIn)], PyTorch's default of convolutions and linear layers. */
export function torchDefault(stream: RandomStream, fanIn: number): Initializer {
  return (values) => fillSymmetric(values, stream, 1 / Math.sqrt(fanIn));
}

/** Glorot and Bengio 2010, uniform form, for stored shapes [out, in, ...]. */
export function xavierUniform(stream: RandomStream): Initializer {
  return (values, shape) => {
    const receptive = sizeOf(shape.slice(2));
    const fans = (shape[0]! + (shape[1] ?? 1)) * receptive;
    fillSymmetric(values, stream, Math.sqrt(6 / fans));
  };
}

/** Normal with mean 0. */
export function normal(stream: RandomStream, deviation: number): Initializer {
  return (values) => {
    stream.fillNormal(values);
    for (let at = 0; at < values.length; at++) values[at]! *= deviation;
  };
}

function fillSymmetric(
  values: Float32Array,
  stream: RandomStream,
  bound: number,
): void {
  stream.fillUniform(values);
  for (let at = 0; at < values.length; at++) {
    values[at] = (2 * values[at]! - 1) * bound;
  }
}
