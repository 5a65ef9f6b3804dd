// What an update does to many weights at once, inside TensorFlow: networks have hundreds of small ones, and each op on one costs more
// than its arithmetic.
import { sizeOf } from "../../blueprint/parameter_spec.ts";
import type { AdamNumbers, FusedKernels } from "../../tensor/fused_kernel.ts";
import type { tf } from "../../tensor/tf.ts";
import { type Adam, adamOf, type AdamTensors } from "./adam_update.ts";
import { KeptFunctions } from "./kept_functions.ts";
import {
  FLOAT,
  type NativeOps,
  registerNative,
  typeAttribute,
} from "./native_ops.ts";
import { ATTRIBUTE_KIND, type OpAttribute } from "./op_attributes.ts";

const RESHAPE = [FLOAT, typeAttribute("Tshape", "int32")];

/** Registers Adam, norms, clipping and averages. */
export function registerUpdates(ops: NativeOps): void {
  const kept = new KeptFunctions(ops);
  const adam = adamOf(ops);
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
  registerNative("FluxBlendAll", (inputs, attributes) => {
    const { decay } = attributes as FusedKernels["FluxBlendAll"];
    const all = Object.values(inputs);
    const count = all.length / 2;
    // The share of an average warms up: it is another one with each update.
    return ops.withFloats(
      [decay, 1 - decay],
      (shares) =>
        kept.run(
          "blend",
          all,
          shares,
          () =>
            all.slice(0, count).map((before, at) =>
              blend(ops, before, all[count + at]!, shares)
            ),
        ),
    );
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
    const members = Array.from({ length: count }, (_, at) => weightAt(at));
    return count === 1
      ? adam(members[0]!, numbers)
      : adamTogether(ops, kept, adam, members, numbers);
  });
}

function blend(
  ops: NativeOps,
  before: tf.TensorInfo,
  now: tf.TensorInfo,
  [kept, joined]: readonly number[],
): tf.TensorInfo {
  const held = ops.run("Mul", [FLOAT], [before, kept!]);
  const added = ops.run("Mul", [FLOAT], [now, joined!]);
  const sum = ops.run("AddV2", [FLOAT], [held, added]);
  ops.release(held, added);
  return sum;
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
  const sizes = shapes.map(sizeOf);
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
