// The gradient of a wide filter that moves in strides. TensorFlow's own takes eight times as long as the same sums written as a
// convolution with stride 1 whose channels hold the places between two steps.
import type { tf } from "../../tensor/tf.ts";
import { type Geometry, PLAIN, type Shape4 } from "./convolution_geometry.ts";
import { FLOAT, type NativeOps, typeAttribute } from "./native_ops.ts";
import { ATTRIBUTE_KIND } from "./op_attributes.ts";

/** Filters up to this width are quick as they are. */
const MOST_NARROW = 8;

const PAD = [FLOAT, typeAttribute("Tpaddings", "int32")];
const RESHAPE = [FLOAT, typeAttribute("Tshape", "int32")];
const TRANSPOSE = [FLOAT, typeAttribute("Tperm", "int32")];

/** Whether {@linkcode wideFilterGradient} covers the convolution and pays. `filter`: HWIO. */
export function isWideStep(
  [height, width]: Shape4,
  { stride, dilation }: Geometry,
): boolean {
  const [step] = stride;
  return step > 1 && stride[1] === step && dilation.every((d) => d === 1) &&
    height === width && height > MOST_NARROW && height % step === 0;
}

/** dL/dfilter. `x`: [N, H, W, C]; `dy`: [N, h, w, D]; `filter`: [k, k, C, D], which is the result's shape. */
export function wideFilterGradient(
  ops: NativeOps,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  filter: Shape4,
  { stride: [step], padding }: Geometry,
): tf.TensorInfo {
  const [size, , channels, outputs] = filter;
  const steps = size / step;
  // Rows and columns that some output reads, in whole steps; what lies behind them is cut off.
  const along = (axis: 1 | 2) => {
    const before = padding[axis * 2 - 2]!;
    const whole = (dy.shape[axis]! + steps - 1) * step;
    const length = x.shape[axis]!;
    return { before, after: Math.max(0, whole - before - length), whole };
  };
  const [rows, columns] = [along(1), along(2)];
  const zeros = ops.table([
    ...[0, 0, rows.before, rows.after],
    ...[columns.before, columns.after, 0, 0],
  ]);
  const padded = ops.run("Pad", PAD, [x, zeros]);
  const exact = ops.run("Slice", [FLOAT, typeAttribute("Index", "int32")], [
    padded,
    ops.integers([0, 0, 0, 0]),
    ops.integers([x.shape[0]!, rows.whole, columns.whole, channels]),
  ]);
  const block = { name: "block_size", type: ATTRIBUTE_KIND.int, value: step };
  const deep = ops.run("SpaceToDepth", [FLOAT, block], [exact]);
  const folded = ops.run("Conv2DBackpropFilter", PLAIN, [
    deep,
    ops.integers([steps, steps, step * step * channels, outputs]),
    dy,
  ]);
  const apart = ops.run("Reshape", RESHAPE, [
    folded,
    ops.integers([steps, steps, step, step, channels, outputs]),
  ]);
  const woven = ops.run("Transpose", TRANSPOSE, [
    apart,
    ops.integers([0, 2, 1, 3, 4, 5]),
  ]);
  const gradient = ops.run("Reshape", RESHAPE, [woven, ops.integers(filter)]);
  ops.release(padded, exact, deep, folded, apart, woven);
  return gradient;
}
