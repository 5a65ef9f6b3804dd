// Adam of one tensor inside TensorFlow: numbers do not travel to JavaScript and back.
import type { AdamNumbers } from "../../tensor/fused_kernel.ts";
import type { tf } from "../../tensor/tf.ts";
import { FLOAT, type NativeOps } from "./native_ops.ts";
import { ATTRIBUTE_KIND, type OpAttribute } from "./op_attributes.ts";
import { TENSOR_TYPE } from "./tensor_type.ts";

const DTYPE: OpAttribute = {
  name: "dtype",
  type: ATTRIBUTE_KIND.type,
  value: TENSOR_TYPE.float32,
};

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

/**
 * TensorFlow has Adam for variables alone, so the numbers pass through three of them; none is copied on the way but by the update
 * itself. Its guard `epsilon` stands outside of the square's correction, PyTorch's inside: rate and guard are scaled to match.
 */
export function adamOf(ops: NativeOps): Adam {
  const variables = ["weights", "mean", "square"].map((name) =>
    ops.run("VarHandleOp", [
      { name: "container", type: ATTRIBUTE_KIND.string, value: "" },
      { name: "shared_name", type: ATTRIBUTE_KIND.string, value: name },
      DTYPE,
      { name: "shape", type: ATTRIBUTE_KIND.shape, value: [] },
    ], [])
  );
  return ({ weights, gradient, mean, square }, numbers) => {
    const { beta1, beta2, eps, keep, pull, stepSize, rootCorrection } = numbers;
    const rates = [
      stepSize * rootCorrection,
      eps * rootCorrection,
      keep,
      pull,
    ];
    return ops.withFloats(rates, ([rate, guard, share, part]) => {
      const kept = ops.run("Mul", [FLOAT], [weights, share!]);
      const pulled = pull === 0
        ? null
        : ops.run("Mul", [FLOAT], [weights, part!]);
      const whole = pulled === null
        ? gradient
        : ops.run("AddV2", [FLOAT], [gradient, pulled]);
      [kept, mean, square].forEach((value, k) =>
        ops.runAll("AssignVariableOp", [DTYPE], [variables[k]!, value], 0)
      );
      ops.release(kept);
      const zero = ops.float(0);
      ops.runAll("ResourceApplyAdam", [FLOAT], [
        ...variables,
        ...[zero, zero, rate!, ops.float(beta1), ops.float(beta2), guard!],
        whole,
      ], 0);
      if (pulled !== null) ops.release(pulled, whole);
      return variables.map((variable) =>
        ops.run("ReadVariableOp", [DTYPE], [variable])
      );
    });
  };
}
