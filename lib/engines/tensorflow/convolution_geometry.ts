// Where a convolution reads, as tfjs and our own kernels say it and as TensorFlow's ops want it.
import { tf } from "../../tensor/tf.ts";
import { FLOAT } from "./native_ops.ts";
import { ATTRIBUTE_KIND, type OpAttribute } from "./op_attributes.ts";

/** Four sides. */
export type Shape4 = [number, number, number, number];

/** Rows above and below, columns left and right. */
export type Padding = readonly [number, number, number, number];

/** Stride, dilation and zeros of a convolution. */
export interface Geometry {
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

/** Whether taps lie apart. */
export function isDilated({ dilation }: Geometry): boolean {
  return dilation.some((step) => step !== 1);
}

/** Of the attributes of our own gradient kernels. */
export function squareGeometry(
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

/** Of the attributes of tfjs's kernels. */
export function geometryOf(
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

/** The attributes of a convolution of `input` by `filter`, both NHWC and HWIO. */
export function convAttributes(
  { stride, dilation, padding }: Geometry,
  input: Shape4,
  filter: Shape4,
  mayBeNamed = true,
): readonly OpAttribute[] {
  const name = mayBeNamed
    ? paddingName({ stride, dilation, padding }, input, filter)
    : "EXPLICIT";
  const key = `${stride};${dilation};${name === "EXPLICIT" ? padding : name}`;
  let attributes = known.get(key);
  if (attributes === undefined) {
    attributes = [
      FLOAT,
      integerList("strides", [1, ...stride, 1]),
      integerList("dilations", [1, ...dilation, 1]),
      { name: "padding", type: ATTRIBUTE_KIND.string, value: name },
      ...(name === "EXPLICIT"
        ? [integerList("explicit_paddings", [0, 0, ...padding, 0, 0])]
        : []),
    ];
    known.set(key, attributes);
  }
  return attributes;
}

/** A named padding where one says the same: oneDNN's convolutions, about twice as fast as TensorFlow's own, take no numbers. */
function paddingName(
  { stride, dilation, padding }: Geometry,
  input: Shape4,
  filter: Shape4,
): "VALID" | "SAME" | "EXPLICIT" {
  if (padding.every((zeros) => zeros === 0)) return "VALID";
  const isSame = ([0, 1] as const).every((axis) => {
    const length = input[axis + 1]!;
    const reach = (filter[axis] - 1) * dilation[axis] + 1;
    const places = Math.ceil(length / stride[axis]);
    const zeros = Math.max(0, (places - 1) * stride[axis] + reach - length);
    const before = Math.floor(zeros / 2);
    return padding[axis * 2] === before &&
      padding[axis * 2 + 1] === zeros - before;
  });
  return isSame ? "SAME" : "EXPLICIT";
}

/** Stride and dilation 1, no zeros. */
export const PLAIN: readonly OpAttribute[] = [
  FLOAT,
  integerList("strides", [1, 1, 1, 1]),
  integerList("dilations", [1, 1, 1, 1]),
  { name: "padding", type: ATTRIBUTE_KIND.string, value: "VALID" },
];

function integerList(name: string, value: readonly number[]): OpAttribute {
  return { name, type: ATTRIBUTE_KIND.int, value };
}
