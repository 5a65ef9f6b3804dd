// Convolutions with every padding that tfjs knows, and their gradients, dilated ones included.
import type { tf } from "../../tensor/tf.ts";
import type { FusedKernels } from "../../tensor/fused_kernel.ts";
import {
  convAttributes,
  type Geometry,
  geometryOf,
  isDilated,
  type Padding,
  PLAIN,
  type Shape4,
  squareGeometry,
} from "./convolution_geometry.ts";
import { FLOAT, type NativeOps, registerNative } from "./native_ops.ts";
import { ATTRIBUTE_KIND, type OpAttribute } from "./op_attributes.ts";
import { isWideStep, wideFilterGradient } from "./wide_filter_gradient.ts";

/** Registers `Conv2D`, its gradients as tfjs names them, and the two that `lib/engines/convolution_gradient.ts` asks for. */
export function registerConvolutions(ops: NativeOps): void {
  registerNative("Conv2D", ({ x, filter }, attributes) => {
    const shape = filter!.shape as Shape4;
    const geometry = geometryOf(x!.shape as Shape4, shape, attributes);
    const attributesOf = convAttributes(geometry, x!.shape as Shape4, shape);
    return ops.run("Conv2D", attributesOf, [x!, filter!]);
  });
  registerNative("Conv2DBackpropInput", ({ dy, filter }, attributes) => {
    const { inputShape } = attributes as { inputShape: Shape4 };
    const shape = filter!.shape as Shape4;
    const geometry = geometryOf(inputShape, shape, attributes);
    return inputGradient(ops, dy!, filter!, inputShape, geometry);
  });
  registerNative("Conv2DBackpropFilter", ({ x, dy }, attributes) => {
    const { filterShape } = attributes as { filterShape: Shape4 };
    const geometry = geometryOf(x!.shape as Shape4, filterShape, attributes);
    return filterGradient(ops, x!, dy!, filterShape, geometry);
  });
  registerNative("FluxInputGradient", ({ dy, filter }, attributes) => {
    const given = attributes as FusedKernels["FluxInputGradient"];
    const shape = given.inputShape as Shape4;
    return inputGradient(ops, dy!, filter!, shape, squareGeometry(given));
  });
  registerNative("FluxFilterGradient", ({ x, dy }, attributes) => {
    const given = attributes as FusedKernels["FluxFilterGradient"];
    const shape = given.filterShape as Shape4;
    return filterGradient(ops, x!, dy!, shape, squareGeometry(given));
  });
}

/**
 * oneDNN's gradient of an input is wrong with stride 2 at 40 and at 48 channels (TensorFlow 2.21, off by more than half): with a stride
 * it is not asked. Paddings in numbers lead to TensorFlow's own kernel.
 */
function isSoundInOneDnn({ stride }: Geometry): boolean {
  return stride.every((step) => step === 1);
}

function inputGradient(
  ops: NativeOps,
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
  shape: Shape4,
  geometry: Geometry,
): tf.TensorInfo {
  if (!isDilated(geometry) || ops.backend.binding.isUsingGpuDevice()) {
    const sides = filter.shape as Shape4;
    return ops.run(
      "Conv2DBackpropInput",
      convAttributes(geometry, shape, sides, isSoundInOneDnn(geometry)),
      [
        ops.integers(shape),
        filter,
        dy,
      ],
    );
  }
  // TensorFlow's CPU gradients know no dilation. Rows and columns of one remainder see an undilated convolution.
  const blocks = blocksOf(shape, filter.shape as Shape4, dy, geometry);
  const phases = toBlocks(ops, dy, blocks.dilation, blocks.output);
  const gradient = ops.run("Conv2DBackpropInput", PLAIN, [
    ops.integers([phases.shape[0]!, ...blocks.inputSides, shape[3]]),
    filter,
    phases,
  ]);
  const whole = fromBlocks(ops, gradient, blocks.dilation, blocks.input);
  ops.release(phases, gradient);
  return whole;
}

function filterGradient(
  ops: NativeOps,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  shape: Shape4,
  geometry: Geometry,
): tf.TensorInfo {
  const sizes = ops.integers(shape);
  const isGpu = ops.backend.binding.isUsingGpuDevice();
  if (!isGpu && isWideStep(shape, geometry)) {
    return wideFilterGradient(ops, x, dy, shape, geometry);
  }
  if (!isDilated(geometry) || isGpu) {
    const attributes = convAttributes(geometry, x.shape as Shape4, shape);
    return ops.run("Conv2DBackpropFilter", attributes, [x, sizes, dy]);
  }
  const blocks = blocksOf(x.shape as Shape4, shape, dy, geometry);
  const input = toBlocks(ops, x, blocks.dilation, blocks.input);
  const output = toBlocks(ops, dy, blocks.dilation, blocks.output);
  const gradient = ops.run("Conv2DBackpropFilter", PLAIN, [
    input,
    sizes,
    output,
  ]);
  ops.release(input, output);
  return gradient;
}

/** How both sides of a dilated convolution are cut: one block per remainder of row and column. */
interface Blocks {
  readonly dilation: readonly [number, number];
  /** Zeros around the input, and around the output's gradient, that make all blocks equal. */
  readonly input: Padding;
  readonly output: Padding;
  /** Rows and columns of a block of the input. */
  readonly inputSides: readonly [number, number];
}

function blocksOf(
  input: Shape4,
  filter: Shape4,
  dy: tf.TensorInfo,
  { padding, dilation, stride }: Geometry,
): Blocks {
  if (stride.some((step) => step !== 1)) {
    throw new RangeError(
      `Cannot differentiate a convolution with stride ${stride} and dilation ${dilation}`,
    );
  }
  const along = (axis: 0 | 1) => {
    const step = dilation[axis];
    const places = dy.shape[axis + 1]!;
    const blocks = Math.ceil(places / step);
    const side = blocks + filter[axis] - 1;
    const before = padding[axis * 2]!;
    return {
      side,
      before,
      // Behind the last place that a block reads there may be rows that no output uses, or some may be missing.
      after: side * step - before - input[axis + 1]!,
      missing: blocks * step - places,
    };
  };
  const [rows, columns] = [along(0), along(1)];
  return {
    dilation,
    input: [rows.before, rows.after, columns.before, columns.after],
    output: [0, rows.missing, 0, columns.missing],
    inputSides: [rows.side, columns.side],
  };
}

const BLOCK_TYPES: readonly OpAttribute[] = [
  FLOAT,
  { name: "Tblock_shape", type: ATTRIBUTE_KIND.type, value: 3 },
];

function toBlocks(
  ops: NativeOps,
  x: tf.TensorInfo,
  dilation: readonly [number, number],
  padding: Padding,
): tf.TensorInfo {
  return ops.run("SpaceToBatchND", [
    ...BLOCK_TYPES,
    { name: "Tpaddings", type: ATTRIBUTE_KIND.type, value: 3 },
  ], [x, ops.integers(dilation), ops.table(padding)]);
}

function fromBlocks(
  ops: NativeOps,
  x: tf.TensorInfo,
  dilation: readonly [number, number],
  crops: Padding,
): tf.TensorInfo {
  return ops.run("BatchToSpaceND", [
    ...BLOCK_TYPES,
    { name: "Tcrops", type: ATTRIBUTE_KIND.type, value: 3 },
  ], [x, ops.integers(dilation), ops.table(crops)]);
}
