// How far each operation may be from its float64 reference, as a share of the reference's largest number. One table for all engines.

import type { EngineName } from "../../lib/engine_setup/engine_choice.ts";

/** The bound of one operation. */
export interface Tolerance {
  /** tfjs's name, or that of a kernel of our own. */
  readonly kernel: string;
  readonly value: number;
  /** Null where there is no gradient. */
  readonly gradient: number | null;
  /** Kernels that run only for its gradient, or in its place, and are checked with it. */
  readonly also?: readonly string[];
}

/** Not a bit off. */
const EXACT = 0;
/** The reference's own error: its gradients are central differences. */
const DIFFERENCES = 1e-9;
/** A few roundings of float32, whose unit is 6e-8. */
const ROUNDED = 5e-7;
/** Sums of hundreds of terms, and functions that engines approximate. */
const SUMMED = 3e-6;
/** Differences of numbers that nearly cancel. */
const CANCELLED = 1e-5;

/** The table, in the order in which it is printed. */
export const TOLERANCES: readonly Tolerance[] = [
  ...rows(EXACT, DIFFERENCES, [
    "Abs",
    "Neg",
    "Relu",
    "ClipByValue",
    "Identity",
  ]),
  ...rows(EXACT, DIFFERENCES, ["Floor", "Sign", "Maximum", "Minimum"]),
  ...rows(EXACT, null, ["Step", "ZerosLike", "OnesLike", "IsNan", "Cast"]),
  ...rows(EXACT, null, [
    "Greater",
    "GreaterEqual",
    "Less",
    "LessEqual",
    "Equal",
  ]),
  ...rows(EXACT, null, ["LogicalAnd", "LogicalOr"]),
  ...rows(ROUNDED, SUMMED, ["Add", "Sub", "Multiply", "RealDiv"]),
  ...rows(ROUNDED, ROUNDED, ["Square", "Sqrt", "Rsqrt", "SquaredDifference"]),
  ...rows(ROUNDED, ROUNDED, ["LeakyRelu", "AddN"]),
  ...rows(SUMMED, SUMMED, ["Exp", "Sigmoid", "Erf", "Pow", "Softmax"]),
  { kernel: "Select", value: EXACT, gradient: DIFFERENCES },
  ...rows(EXACT, DIFFERENCES, ["Transpose", "Reshape", "ExpandDims", "Slice"]),
  ...rows(EXACT, DIFFERENCES, ["SplitV", "Concat", "Pack", "Unpack", "PadV2"]),
  { kernel: "Reverse", value: EXACT, gradient: DIFFERENCES },
  { kernel: "Tile", value: EXACT, gradient: ROUNDED },
  {
    kernel: "GatherV2",
    value: EXACT,
    gradient: ROUNDED,
    also: ["UnsortedSegmentSum"],
  },
  ...rows(SUMMED, ROUNDED, ["Sum", "Mean", "Cumsum"]),
  { kernel: "Bincount", value: ROUNDED, gradient: null },
  { kernel: "Fill", value: EXACT, gradient: null },
  { kernel: "Range", value: EXACT, gradient: null },
  { kernel: "LinSpace", value: ROUNDED, gradient: null },
  { kernel: "BatchMatMul", value: SUMMED, gradient: SUMMED },
  {
    kernel: "Conv2D",
    value: SUMMED,
    gradient: SUMMED,
    also: ["FluxFilterGradient", "FluxInputGradient", "FluxTurnFilter"],
  },
  {
    kernel: "Conv2DBackpropInput",
    value: SUMMED,
    gradient: SUMMED,
    also: ["Conv2DBackpropFilter"],
  },
  {
    kernel: "AvgPool",
    value: ROUNDED,
    gradient: ROUNDED,
    also: ["AvgPoolGrad"],
  },
  { kernel: "ResizeBilinear", value: SUMMED, gradient: ROUNDED },
  {
    kernel: "ResizeNearestNeighbor",
    value: EXACT,
    gradient: ROUNDED,
    also: ["ResizeNearestNeighborGrad"],
  },
  {
    kernel: "FluxBezier",
    value: 2e-6,
    gradient: 2e-6,
    also: ["FluxBezierGrad"],
  },
  {
    kernel: "FluxGroupNormalize",
    value: SUMMED,
    gradient: CANCELLED,
    also: ["FluxGroupNormalizeGrad"],
  },
  {
    kernel: "FluxLayerNormalize",
    value: SUMMED,
    gradient: CANCELLED,
    also: ["FluxLayerNormalizeGrad"],
  },
  {
    kernel: "FluxAffine",
    value: SUMMED,
    gradient: SUMMED,
    also: ["FluxAffineGrad"],
  },
  { kernel: "FluxSquareSum", value: ROUNDED, gradient: null },
  {
    kernel: "FluxScale",
    value: ROUNDED,
    gradient: null,
    also: ["FluxScaleAll"],
  },
  {
    kernel: "FluxBlend",
    value: ROUNDED,
    gradient: null,
    also: ["FluxBlendAll"],
  },
  {
    kernel: "FluxAdam",
    value: ROUNDED,
    gradient: null,
    also: ["FluxAdamAll"],
  },
];

/** Kernels of our own that each engine has: one that is lost would be composed of others, and only be slower. */
export const OWN_KERNELS: Readonly<Record<EngineName, readonly string[]>> = {
  wasm: [
    "FluxAdam",
    "FluxAffine",
    "FluxAffineGrad",
    "FluxBezier",
    "FluxBezierGrad",
    "FluxBlend",
    "FluxFilterGradient",
    "FluxGroupNormalize",
    "FluxGroupNormalizeGrad",
    "FluxLayerNormalize",
    "FluxLayerNormalizeGrad",
    "FluxScale",
    "FluxTurnFilter",
  ],
  tensorflow: [
    "FluxAdamAll",
    "FluxAffine",
    "FluxAffineGrad",
    "FluxBlendAll",
    "FluxFilterGradient",
    "FluxGroupNormalize",
    "FluxGroupNormalizeGrad",
    "FluxInputGradient",
    "FluxLayerNormalize",
    "FluxLayerNormalizeGrad",
    "FluxScaleAll",
    "FluxSquareSum",
  ],
  webgpu: [
    "FluxAdam",
    "FluxBezier",
    "FluxBezierGrad",
    "FluxFilterGradient",
    "FluxGroupNormalize",
    "FluxGroupNormalizeGrad",
    "FluxInputGradient",
    "FluxSquareSum",
  ],
};

/** The row of a kernel. */
export function toleranceOf(kernel: string): Tolerance {
  const found = TOLERANCES.find((row) => row.kernel === kernel);
  if (found !== undefined) return found;
  throw new RangeError(`"${kernel}" has no row in the table of tolerances`);
}

function rows(
  value: number,
  gradient: number | null,
  kernels: readonly string[],
): Tolerance[] {
  return kernels.map((kernel) => ({ kernel, value, gradient }));
}
