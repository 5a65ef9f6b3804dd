// Adam and AdamW without a way to JavaScript and back: weights, mean and square change in their places, in one pass over memory.
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { AdamNumbers } from "../../tensor/fused_kernel.ts";
import type { tf } from "../../tensor/tf.ts";
import {
  flat,
  groupsFor,
  runInPlace,
  runProgram,
  sizeOf,
} from "./gpu_program.ts";

const THREADS = 256;

/** The tensors of one parameter, all of one shape. */
export interface AdamTensors {
  readonly weights: tf.TensorInfo;
  readonly gradient: tf.TensorInfo;
  readonly mean: tf.TensorInfo;
  readonly square: tf.TensorInfo;
}

/** New weights, mean and square; the caller owns them. Where nobody else owned the old numbers they are the same arrays. */
export function adamUpdate(
  backend: WebGPUBackend,
  { weights, gradient, mean, square }: AdamTensors,
  numbers: AdamNumbers,
): tf.TensorInfo[] {
  const updated = [weights, mean, square].map((array) =>
    ownArray(backend, array)
  ) as [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo];
  const [newWeights, newMean, newSquare] = updated;
  const size = sizeOf(weights.shape);
  if (size === 0) return updated;
  runInPlace(backend, {
    name: "adam",
    inputs: { gradient },
    threads: THREADS,
    groups: groupsFor(size, THREADS),
    integers: { length: size },
    floats: { ...numbers },
    main: `
        if (index >= uniforms.length) { return; }
        let w = weights[index];
        let g = gradient[index] + uniforms.pull * w;
        let m = uniforms.beta1 * mean[index] + (1.0 - uniforms.beta1) * g;
        let v = uniforms.beta2 * square[index] + (1.0 - uniforms.beta2) * g * g;
        mean[index] = m;
        square[index] = v;
        weights[index] = w * uniforms.keep - uniforms.stepSize * m / (sqrt(v) / uniforms.rootCorrection + uniforms.eps);`,
  }, { weights: newWeights, mean: newMean, square: newSquare });
  return updated;
}

/** The array itself with one owner more, or a copy where others look at its numbers: a clone, an average that starts from it. */
function ownArray(
  backend: WebGPUBackend,
  array: tf.TensorInfo,
): tf.TensorInfo {
  if (backend.refCount(array.dataId) === 1) {
    backend.incRef(array.dataId);
    return { dataId: array.dataId, shape: array.shape, dtype: array.dtype };
  }
  const size = sizeOf(array.shape);
  return runProgram(backend, {
    name: "copy",
    inputs: { x: flat(array) },
    outputShape: array.shape,
    threads: THREADS,
    groups: groupsFor(size, THREADS),
    integers: { length: size },
    main: `
        if (index >= uniforms.length) { return; }
        result[index] = x[index];`,
  });
}
