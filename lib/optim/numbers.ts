// Reads tensors' numbers and sums them up; the only place of this folder that crosses from the engine to JavaScript.
import { hasFusedKernel, runFusedKernel } from "../tensor/fused_kernel.ts";
import { tf } from "../tensor/tf.ts";

/**
 * The numbers of a float32 tensor, row-major. To be read only: some engines lend their own memory.
 *
 * @throws {TypeError} for any other dtype.
 */
export function numbersOf(tensor: tf.Tensor): Float32Array {
  const numbers = tensor.dataSync();
  if (numbers instanceof Float32Array) return numbers;
  throw new TypeError(
    `Cannot read a tensor of dtype "${tensor.dtype}" as float32`,
  );
}

/** Engines that answer every read with a fresh copy. The others may lend the memory that their tensors live in. */
const COPYING_ENGINES: readonly string[] = ["wasm"];

/**
 * The numbers of a float32 tensor in an array that the caller may write to.
 *
 * @throws {TypeError} for any other dtype.
 */
export function ownNumbersOf(tensor: tf.Tensor): Float32Array {
  const numbers = numbersOf(tensor);
  return COPYING_ENGINES.includes(tf.getBackend()) ? numbers : numbers.slice();
}

/**
 * L2 norm over all tensors together, summed in float64 in the map's order, or as the engine's own kernel does. Not
 * finite exactly when an element is not.
 */
export async function globalNorm(
  tensors: ReadonlyMap<string, tf.Tensor>,
): Promise<number> {
  if (tensors.size > 0 && hasFusedKernel("FluxSquareSum")) {
    return await fusedNorm(tensors);
  }
  let sum = 0;
  for (const tensor of tensors.values()) {
    const numbers = numbersOf(tensor);
    for (let i = 0; i < numbers.length; i++) {
      const value = numbers[i] as number;
      sum += value * value;
    }
  }
  return Math.sqrt(sum);
}

async function fusedNorm(
  tensors: ReadonlyMap<string, tf.Tensor>,
): Promise<number> {
  const [sum] = runFusedKernel(
    "FluxSquareSum",
    Object.fromEntries(tensors),
    {},
  ) as [tf.Tensor];
  const [value] = await sum.data();
  sum.dispose();
  return Math.sqrt(value!);
}
