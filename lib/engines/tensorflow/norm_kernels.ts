// Norms without parameters on TensorFlow: its ops one after the other, without a tfjs tensor for each.
import type { tf } from "../../tensor/tf.ts";
import type { FusedKernels } from "../../tensor/fused_kernel.ts";
import {
  FLOAT,
  type NativeOps,
  registerNative,
  typeAttribute,
} from "./native_ops.ts";
import { ATTRIBUTE_KIND } from "./op_attributes.ts";

const RESHAPE = [FLOAT, typeAttribute("Tshape", "int32")];
const MEAN = [
  FLOAT,
  typeAttribute("Tidx", "int32"),
  { name: "keep_dims", type: ATTRIBUTE_KIND.bool, value: true },
];

/** Registers group and layer norm with their gradients. */
export function registerNorms(ops: NativeOps): void {
  registerNative("FluxLayerNormalize", ({ x }, attributes) => {
    const { epsilon } = attributes as FusedKernels["FluxLayerNormalize"];
    return normalized(ops, x!, [x!.shape.length - 1], epsilon);
  });
  registerNative(
    "FluxLayerNormalizeGrad",
    ({ y, dy, inverse }) =>
      gradient(ops, { y: y!, dy: dy!, inverse: inverse! }, [
        y!.shape.length - 1,
      ]),
  );
  registerNative("FluxGroupNormalize", ({ x }, attributes) => {
    const { groups, epsilon } =
      attributes as FusedKernels["FluxGroupNormalize"];
    const grouped = reshaped(ops, x!, groupedShape(x!.shape, groups));
    const [y, inverse] = normalized(ops, grouped, [1, 3], epsilon);
    const whole = reshaped(ops, y!, x!.shape);
    ops.release(grouped, y!);
    return [whole, inverse!];
  });
  registerNative("FluxGroupNormalizeGrad", (inputs, attributes) => {
    const { groups } = attributes as FusedKernels["FluxGroupNormalizeGrad"];
    const shape = groupedShape(inputs["y"]!.shape, groups);
    const y = reshaped(ops, inputs["y"]!, shape);
    const dy = reshaped(ops, inputs["dy"]!, shape);
    const inverse = inputs["inverse"]!;
    const dx = gradient(ops, { y, dy, inverse }, [1, 3]);
    const whole = reshaped(ops, dx, inputs["y"]!.shape);
    ops.release(y, dy, dx);
    return whole;
  });
}

/** `x` to mean 0 and variance 1 over `axes`, and the inverse deviations with those axes of length 1. */
function normalized(
  ops: NativeOps,
  x: tf.TensorInfo,
  axes: readonly number[],
  epsilon: number,
): tf.TensorInfo[] {
  const over = ops.integers(axes);
  const mean = ops.run("Mean", MEAN, [x, over]);
  const centered = ops.run("Sub", [FLOAT], [x, mean]);
  const squares = ops.run("Square", [FLOAT], [centered]);
  const variance = ops.run("Mean", MEAN, [squares, over]);
  const guarded = ops.run("AddV2", [FLOAT], [variance, ops.float(epsilon)]);
  const inverse = ops.run("Rsqrt", [FLOAT], [guarded]);
  const y = ops.run("Mul", [FLOAT], [centered, inverse]);
  ops.release(mean, centered, squares, variance, guarded);
  return [y, inverse];
}

/** inverse (dy - mean(dy) - y mean(dy y)), means over `axes`. */
function gradient(
  ops: NativeOps,
  { y, dy, inverse }: Readonly<Record<"y" | "dy" | "inverse", tf.TensorInfo>>,
  axes: readonly number[],
): tf.TensorInfo {
  const over = ops.integers(axes);
  const mean = ops.run("Mean", MEAN, [dy, over]);
  const products = ops.run("Mul", [FLOAT], [dy, y]);
  const slope = ops.run("Mean", MEAN, [products, over]);
  const along = ops.run("Mul", [FLOAT], [y, slope]);
  const level = ops.run("Sub", [FLOAT], [dy, mean]);
  const rest = ops.run("Sub", [FLOAT], [level, along]);
  const dx = ops.run("Mul", [FLOAT], [rest, inverse]);
  ops.release(mean, products, slope, along, level, rest);
  return dx;
}

function groupedShape(shape: readonly number[], groups: number): number[] {
  const [batch, height, width, channels] = shape as [
    number,
    number,
    number,
    number,
  ];
  return [batch, height * width, groups, channels / groups];
}

function reshaped(
  ops: NativeOps,
  x: tf.TensorInfo,
  shape: readonly number[],
): tf.TensorInfo {
  return ops.run("Reshape", RESHAPE, [x, ops.integers(shape)]);
}
