// Updates of many weights at once: networks have hundreds of small ones, and each op on one costs more than its arithmetic.
import type { AdamNumbers, FusedKernels } from "../../tensor/fused_kernel.ts";
import type { tf } from "../../tensor/tf.ts";
import type { KeptFunctions } from "./kept_functions.ts";
import {
  FLOAT,
  type NativeOps,
  registerNative,
  typeAttribute,
} from "./native_ops.ts";
import { ATTRIBUTE_KIND, type OpAttribute } from "./op_attributes.ts";

/** What Adam updates, all of one shape. */
export interface AdamTensors {
  readonly weights: tf.TensorInfo;
  readonly gradient: tf.TensorInfo;
  readonly mean: tf.TensorInfo;
  readonly square: tf.TensorInfo;
}

/** New weights, mean and square. */
export type Adam = (
  tensors: AdamTensors,
  numbers: AdamNumbers,
) => tf.TensorInfo[];

/** Weights of more numbers are updated alone: joining them would cost more memory than it saves time. */
const MOST_NUMBERS = 2 ** 16;
/** Numbers that are joined at most. */
const BUNDLE_NUMBERS = 2 ** 22;

const RESHAPE = [FLOAT, typeAttribute("Tshape", "int32")];

/** Registers the kernels. `adam` updates one tensor. */
export function registerBundledUpdates(
  ops: NativeOps,
  kept: KeptFunctions,
  adam: Adam,
): void {
  registerNative("FluxSquareSum", (inputs) => {
    const tensors = Object.values(inputs);
    return kept.run("square sum", tensors, [], () => {
      const halves = tensors.map((x) => ops.run("L2Loss", [FLOAT], [x]));
      const half = ops.run("AddN", [listOf(halves), FLOAT], halves);
      const sum = ops.run("Mul", [FLOAT], [half, ops.float(2)]);
      ops.release(half, ...halves);
      return [sum];
    })[0]!;
  });
  registerNative("FluxScaleAll", (inputs, attributes) => {
    const { factor } = attributes as FusedKernels["FluxScaleAll"];
    const tensors = Object.values(inputs);
    return ops.withFloats([factor], (scalars) =>
      kept.run(
        "scale",
        tensors,
        scalars,
        () => tensors.map((x) => ops.run("Mul", [FLOAT], [x, scalars[0]!])),
      ));
  });
  registerNative("FluxAdamAll", (inputs, attributes) => {
    const numbers = attributes as AdamNumbers;
    const all = Object.values(inputs);
    const count = all.length / 4;
    const weightAt = (at: number): AdamTensors => ({
      weights: all[at]!,
      gradient: all[count + at]!,
      mean: all[2 * count + at]!,
      square: all[3 * count + at]!,
    });
    const results = new Array<tf.TensorInfo>(3 * count);
    for (const bundle of bundles(all.slice(0, count))) {
      const members = bundle.map(weightAt);
      const made = members.length === 1
        ? adam(members[0]!, numbers)
        : adamTogether(ops, kept, adam, members, numbers);
      bundle.forEach((at, place) => {
        for (let slot = 0; slot < 3; slot++) {
          results[slot * count + at] = made[slot * bundle.length + place]!;
        }
      });
    }
    return results;
  });
}

/** Positions of weights that are updated together. */
function bundles(weights: readonly tf.TensorInfo[]): number[][] {
  const found: number[][] = [];
  let open: number[] = [];
  let numbers = 0;
  weights.forEach((weight, at) => {
    const size = sizeOf(weight);
    if (size > MOST_NUMBERS) {
      found.push([at]);
      return;
    }
    if (numbers + size > BUNDLE_NUMBERS) {
      found.push(open);
      [open, numbers] = [[], 0];
    }
    open.push(at);
    numbers += size;
  });
  return open.length > 0 ? [...found, open] : found;
}

/** One update of all `members`, end to end in one vector. Answers all weights, then all means, then all squares. */
function adamTogether(
  ops: NativeOps,
  kept: KeptFunctions,
  adam: Adam,
  members: readonly AdamTensors[],
  numbers: AdamNumbers,
): tf.TensorInfo[] {
  const parts = (["weights", "gradient", "mean", "square"] as const).map(
    (part) => members.map((member) => member[part]),
  );
  const joined = kept.run(
    "join",
    parts.flat(),
    [],
    () => parts.map((tensors) => join(ops, tensors)),
  );
  const [weights, gradient, mean, square] = joined as [
    tf.TensorInfo,
    tf.TensorInfo,
    tf.TensorInfo,
    tf.TensorInfo,
  ];
  const updated = adam({ weights, gradient, mean, square }, numbers);
  const shapes = members.map((member) => member.weights.shape);
  const results = kept.run(
    `part ${shapes.join(";")}`,
    updated,
    [],
    () => updated.flatMap((vector) => part(ops, vector, shapes)),
  );
  ops.release(...joined, ...updated);
  return results;
}

function join(
  ops: NativeOps,
  tensors: readonly tf.TensorInfo[],
): tf.TensorInfo {
  const flat = tensors.map((x) =>
    ops.run("Reshape", RESHAPE, [x, ops.integers([-1])])
  );
  const joined = ops.run(
    "ConcatV2",
    [listOf(flat), FLOAT, typeAttribute("Tidx", "int32")],
    [...flat, ops.integer(0)],
  );
  ops.release(...flat);
  return joined;
}

function part(
  ops: NativeOps,
  vector: tf.TensorInfo,
  shapes: readonly (readonly number[])[],
): tf.TensorInfo[] {
  const sizes = shapes.map((shape) => sizeOf({ shape }));
  const pieces = ops.runAll(
    "SplitV",
    [
      {
        name: "num_split",
        type: ATTRIBUTE_KIND.int,
        value: sizes.length,
      },
      FLOAT,
      typeAttribute("Tlen", "int32"),
    ],
    [vector, ops.integers(sizes), ops.integer(0)],
    sizes.length,
  );
  const shaped = pieces.map((piece, at) =>
    ops.run("Reshape", RESHAPE, [piece, ops.integers(shapes[at]!)])
  );
  ops.release(...pieces);
  return shaped;
}

function listOf({ length }: readonly unknown[]): OpAttribute {
  return { name: "N", type: ATTRIBUTE_KIND.int, value: length };
}

function sizeOf({ shape }: { readonly shape: readonly number[] }): number {
  return shape.reduce((product, side) => product * side, 1);
}
