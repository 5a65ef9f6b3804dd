// Adam and AdamW without a way to JavaScript and back: the mean, the square, then the weights, each one pass over memory.
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { AdamNumbers } from "../../tensor/fused_kernel.ts";
import type { tf } from "../../tensor/tf.ts";
import { flat, groupsFor, runProgram, sizeOf } from "./gpu_program.ts";

const THREADS = 256;

/** The tensors of one parameter, all of one shape. */
export interface AdamTensors {
  readonly weights: tf.TensorInfo;
  readonly gradient: tf.TensorInfo;
  readonly mean: tf.TensorInfo;
  readonly square: tf.TensorInfo;
}

/** New weights, mean and square; the caller owns them. */
export function adamUpdate(
  backend: WebGPUBackend,
  { weights, gradient, mean, square }: AdamTensors,
  numbers: AdamNumbers,
): tf.TensorInfo[] {
  const { beta1, beta2, eps, keep, pull, stepSize, rootCorrection } = numbers;
  const size = sizeOf(weights.shape);
  const map = (
    name: string,
    value: string,
    arrays: Readonly<Record<string, tf.TensorInfo>>,
    floats: Readonly<Record<string, number>>,
  ) =>
    runProgram(backend, {
      name: `adam_${name}`,
      inputs: Object.fromEntries(
        Object.entries(arrays).map(([key, array]) => [key, flat(array)]),
      ),
      outputShape: weights.shape,
      threads: THREADS,
      groups: groupsFor(size, THREADS),
      integers: { length: size },
      floats,
      main: `
        if (index >= uniforms.length) { return; }
        result[index] = ${value};`,
    });
  const pulled = "(gradient[index] + uniforms.pull * weights[index])";
  const newMean = map(
    "mean",
    `uniforms.beta1 * mean[index] + (1.0 - uniforms.beta1) * ${pulled}`,
    { weights, gradient, mean },
    { beta1, pull },
  );
  const newSquare = map(
    "square",
    `uniforms.beta2 * square[index] + (1.0 - uniforms.beta2) * ${pulled} * ${pulled}`,
    { weights, gradient, square },
    { beta2, pull },
  );
  const newWeights = map(
    "weights",
    `weights[index] * uniforms.keep - uniforms.stepSize * mean[index] / (sqrt(square[index]) / uniforms.rootCorrection + uniforms.eps)`,
    { weights, mean: newMean, square: newSquare },
    { keep, stepSize, rootCorrection, eps },
  );
  return [newWeights, newMean, newSquare];
}
