// Noise as a function of (seed, purpose, train step): nothing about it needs to be saved.
import { RandomStream } from "../random/random_stream.ts";
import { tf } from "../tensor/tf.ts";

/** N(0, 1) in `shape` from the stream called `name`; the caller owns the tensor. */
export function normalTensor(
  seed: number,
  name: string,
  shape: readonly number[],
): tf.Tensor {
  const values = new Float32Array(
    shape.reduce((product, side) => product * side, 1),
  );
  RandomStream.of(seed, name).fillNormal(values);
  return tf.tensor(values, [...shape], "float32");
}
