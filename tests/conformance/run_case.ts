// Runs one case on the engine that is running and measures how far it is from the reference.
import { tf } from "../../lib/tensor/tf.ts";
import { centralDifferences } from "./central_differences.ts";
import type { CaseInput, OpCase } from "./op_case.ts";
import type { Numbers } from "./reference_array.ts";

/** How far off: the largest difference over the largest magnitude of the reference. */
export interface Deviation {
  readonly value: number;
  /** The worst of all inputs; null where the case looks at none. */
  readonly gradient: number | null;
}

/** @throws {Error} when shape or type are wrong, or a tensor is left behind */
export async function runCase(one: OpCase): Promise<Deviation> {
  const inputs = one.inputs.map(tensorOf);
  const before = tf.memory().numTensors;
  const wanted = one.reference(one.inputs);
  const made = await resultOf(one, inputs);
  requireType(made, one, wanted);
  const value = deviation(wanted, await numbersOf(made));
  made.dispose();
  const gradient = one.gradient === "none"
    ? null
    : await gradientDeviation(one, inputs, wanted);
  const left = tf.memory().numTensors - before;
  if (left !== 0) throw new Error(`it leaves ${left} tensors behind`);
  tf.dispose(inputs);
  return { value, gradient };
}

/** A tidy cannot wait: what runs later cleans up after itself. */
async function resultOf(
  { run, runLater }: OpCase,
  inputs: readonly tf.Tensor[],
): Promise<tf.Tensor> {
  return runLater === undefined
    ? tf.tidy(() => run(...inputs))
    : await runLater(...inputs);
}

async function gradientDeviation(
  one: OpCase,
  inputs: readonly tf.Tensor[],
  result: Numbers,
): Promise<number> {
  const looked = one.moving ??
    [...inputs.keys()].filter((index) => inputs[index]!.dtype === "float32");
  if (looked.length === 0) return 0;
  // Each part of the result weighs differently, so that no gradient hides behind a sum.
  const weights = result.values.map((_, k) => Math.fround(Math.cos(0.23 * k)));
  const dy = tensorOf({
    shape: result.shape,
    dtype: "float32",
    values: weights,
  });
  const found = tf.grads((...moving: tf.Tensor[]) => {
    const all = [...inputs];
    looked.forEach((index, k) => all[index] = moving[k]!);
    return one.run(...all);
  })(looked.map((index) => inputs[index]!), dy);
  const wanted = typeof one.gradient === "function"
    ? one.gradient(one.inputs, weights)
    : looked.map((index) =>
      centralDifferences(one.reference, one.inputs, index, weights)
    );
  let worst = 0;
  for (const [k, gradient] of found.entries()) {
    requireShape(gradient.shape, wanted[k]!.shape, "a gradient");
    worst = Math.max(worst, deviation(wanted[k]!, await numbersOf(gradient)));
  }
  tf.dispose([dy, ...found]);
  return worst;
}

function tensorOf({ shape, dtype, values }: CaseInput): tf.Tensor {
  const numbers = dtype === "float32"
    ? Float32Array.from(values)
    : dtype === "int32"
    ? Int32Array.from(values)
    : Uint8Array.from(values);
  return tf.tensor(numbers, [...shape], dtype);
}

async function numbersOf(tensor: tf.Tensor): Promise<Float64Array> {
  return Float64Array.from(await tensor.data() as Float32Array);
}

function requireType(found: tf.Tensor, one: OpCase, wanted: Numbers): void {
  requireShape(found.shape, wanted.shape, "the result");
  const dtype = one.dtype ?? "float32";
  if (found.dtype === dtype) return;
  throw new Error(`the result is ${found.dtype}, wanted ${dtype}`);
}

function requireShape(
  found: readonly number[],
  wanted: readonly number[],
  what: string,
): void {
  if (found.join() === wanted.join()) return;
  throw new Error(`${what} has shape [${found}], wanted [${wanted}]`);
}

/** Infinite where one is no number and the other is, or where zeros are wanted and something else is found. */
export function deviation(wanted: Numbers, found: Float64Array): number {
  let most = 0;
  for (const value of wanted.values) {
    if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  }
  let worst = 0;
  wanted.values.forEach((value, at) => {
    const other = found[at]!;
    if (Object.is(value, other) || value === other) return;
    const off = Math.abs(value - other) / most;
    worst = Math.max(worst, Number.isFinite(off) ? off : Infinity);
  });
  return worst;
}
