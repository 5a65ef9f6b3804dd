// Convolutions with every padding that tfjs knows, and their gradients, dilated ones included.
import { tf } from "../../tensor/tf.ts";
import type { FusedKernels } from "../../tensor/fused_kernel.ts";
import { FLOAT, type NativeOps, registerNative } from "./native_ops.ts";
import { ATTRIBUTE_KIND, type OpAttribute } from "./op_attributes.ts";

type Shape4 = [number, number, number, number];

/** Rows above and below, columns left and right. */
type Padding = readonly [number, number, number, number];

/** Stride, dilation and zeros of a convolution. */
interface Geometry {
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly padding: Padding;
}

/** What tfjs hands to its convolution kernels. */
interface ConvAttributes {
  readonly strides: number | [number, number];
  readonly dilations?: number | [number, number];
  readonly pad: Parameters<typeof tf.backend_util.computeConv2DInfo>[4];
  readonly dataFormat?: "NHWC" | "NCHW";
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

const NO_PADDING: Padding = [0, 0, 0, 0];

/** Registers `Conv2D`, its gradients as tfjs names them, and the two that `lib/engines/convolution_gradient.ts` asks for. */
export function registerConvolutions(ops: NativeOps): void {
  registerNative("Conv2D", ({ x, filter }, attributes) => {
    const shape = filter!.shape as Shape4;
    const geometry = geometryOf(x!.shape as Shape4, shape, attributes);
    return ops.run("Conv2D", convAttributes(geometry), [x!, filter!]);
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

function inputGradient(
  ops: NativeOps,
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
  shape: Shape4,
  geometry: Geometry,
): tf.TensorInfo {
  if (!isDilated(geometry) || ops.backend.binding.isUsingGpuDevice()) {
    return ops.run("Conv2DBackpropInput", convAttributes(geometry), [
      ops.integers(shape),
      filter,
      dy,
    ]);
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
  if (!isDilated(geometry) || ops.backend.binding.isUsingGpuDevice()) {
    return ops.run("Conv2DBackpropFilter", convAttributes(geometry), [
      x,
      sizes,
      dy,
    ]);
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

function isDilated({ dilation }: Geometry): boolean {
  return dilation.some((step) => step !== 1);
}

function squareGeometry(
  { stride, dilation, padding }: {
    readonly stride: number;
    readonly dilation: number;
    readonly padding: Padding;
  },
): Geometry {
  return {
    stride: [stride, stride],
    dilation: [dilation, dilation],
    padding,
  };
}

function geometryOf(
  input: Shape4,
  filter: Shape4,
  attributes: object,
): Geometry {
  const { strides, dilations, pad, dataFormat, dimRoundingMode } =
    attributes as ConvAttributes;
  const info = tf.backend_util.computeConv2DInfo(
    input,
    filter,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    false,
    tf.backend_util.convertConv2DDataFormat(dataFormat ?? "NHWC"),
  );
  const { top, bottom, left, right } = info.padInfo;
  return {
    stride: [info.strideHeight, info.strideWidth],
    dilation: [info.dilationHeight, info.dilationWidth],
    padding: [top, bottom, left, right],
  };
}

const known = new Map<string, readonly OpAttribute[]>();

function convAttributes(
  { stride, dilation, padding }: Geometry,
): readonly OpAttribute[] {
  const key = `${stride};${dilation};${padding}`;
  let attributes = known.get(key);
  if (attributes === undefined) {
    const isPadded = padding.some((zeros) => zeros !== 0);
    attributes = [
      FLOAT,
      integerList("strides", [1, ...stride, 1]),
      integerList("dilations", [1, ...dilation, 1]),
      {
        name: "padding",
        type: ATTRIBUTE_KIND.string,
        value: isPadded ? "EXPLICIT" : "VALID",
      },
      ...(isPadded
        ? [integerList("explicit_paddings", [0, 0, ...padding, 0, 0])]
        : []),
    ];
    known.set(key, attributes);
  }
  return attributes;
}

const PLAIN = convAttributes({
  stride: [1, 1],
  dilation: [1, 1],
  padding: NO_PADDING,
});

function integerList(name: string, value: readonly number[]): OpAttribute {
  return { name, type: ATTRIBUTE_KIND.int, value };
}
