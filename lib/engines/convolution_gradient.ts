// tfjs refuses the gradient of a dilated convolution. This one covers stride and dilation, from kernels that every
// engine has, and replaces tfjs's own.
import { hasFusedKernel, runFusedKernel } from "../tensor/fused_kernel.ts";
import { tf } from "../tensor/tf.ts";
import { evenSteps } from "./convolution_steps.ts";

/** Where a convolution reads: one number for both axes, zeros on each side. */
interface Geometry {
  readonly stride: number;
  readonly dilation: number;
  readonly padding: Padding;
}

/** Rows above and below, columns left and right. */
type Padding = readonly [readonly [number, number], readonly [number, number]];

/** Registers the gradient for every engine of this process; calling it again changes nothing. */
export function registerConvolutionGradient(): void {
  if (isRegistered) return;
  isRegistered = true;
  tf.unregisterGradient("Conv2D");
  tf.registerGradient({
    kernelName: "Conv2D",
    inputsToSave: ["x", "filter"],
    gradFunc: (dy, saved, attributes) => {
      const [x, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
      const geometry = geometryOf(x, filter, attributes);
      const gradient = dy as tf.Tensor4D;
      return {
        x: () => inputGradient(gradient, filter, x.shape, geometry),
        filter: () => filterGradient(x, gradient, filter.shape, geometry),
      };
    },
  });
}

let isRegistered = false;

/** dL/dx of a convolution: the transposed convolution of dy, or for stride 1 a convolution with the turned filter. */
function inputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  shape: [number, number, number, number],
  geometry: Geometry,
): tf.Tensor4D {
  const [rows, columns] = geometry.padding;
  if (hasFusedKernel("FluxInputGradient")) {
    const { stride, dilation } = geometry;
    const padding = [...rows, ...columns] as const;
    const attributes = { inputShape: shape, stride, dilation, padding };
    return runFusedKernel(
      "FluxInputGradient",
      { dy, filter },
      attributes,
    )[0] as tf.Tensor4D;
  }
  if (geometry.stride > 1) {
    const pad: Pad4 = [[0, 0], [...rows], [...columns], [0, 0]];
    return tf.conv2dTranspose(dy, filter, shape, geometry.stride, pad);
  }
  const [height, width] = filter.shape;
  const reach = (kernel: number) => (kernel - 1) * geometry.dilation;
  const around = (
    side: readonly [number, number],
    kernel: number,
  ): [number, number] => [
    reach(kernel) - side[0],
    reach(kernel) - side[1],
  ];
  const turned = hasFusedKernel("FluxTurnFilter")
    ? runFusedKernel("FluxTurnFilter", { filter }, {})[0] as tf.Tensor4D
    : tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]) as tf.Tensor4D;
  const pad: Pad4 = [[0, 0], around(rows, height), around(columns, width), [
    0,
    0,
  ]];
  return tf.conv2d(dy, turned, 1, pad, "NHWC", geometry.dilation);
}

/**
 * dL/dfilter as one convolution with batch and channels exchanged: the output's gradient is the filter, its stride is the
 * dilation, and the dilation is the stride.
 */
function filterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  shape: [number, number, number, number],
  geometry: Geometry,
): tf.Tensor4D {
  const [rows, columns] = geometry.padding;
  const { stride, dilation } = geometry;
  if (hasFusedKernel("FluxFilterGradient")) {
    const attributes = {
      filterShape: shape,
      stride,
      dilation,
      padding: [...rows, ...columns] as const,
    };
    return runFusedKernel(
      "FluxFilterGradient",
      { x, dy },
      attributes,
    )[0] as tf.Tensor4D;
  }
  const swapped = tf.transpose(x, [3, 1, 2, 0]) as tf.Tensor4D;
  const kernel = tf.transpose(dy, [1, 2, 0, 3]) as tf.Tensor4D;
  const pad: Pad4 = [[0, 0], [...rows], [...columns], [0, 0]];
  const wide = convolve(swapped, kernel, dilation, pad, stride);
  const exact = tf.slice(wide, [0, 0, 0, 0], [-1, shape[0], shape[1], -1]);
  return tf.transpose(exact, [1, 2, 0, 3]);
}

type Pad4 = [
  [number, number],
  [number, number],
  [number, number],
  [number, number],
];

/** tf.conv2d refuses stride and dilation together although the kernels take both. */
function convolve(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  stride: number,
  pad: Pad4,
  dilation: number,
): tf.Tensor4D {
  return tf.engine().runKernel(
    "Conv2D",
    { x, filter } as unknown as tf.NamedTensorMap,
    {
      strides: stride,
      pad,
      dataFormat: "NHWC",
      dilations: dilation,
    },
  ) as tf.Tensor4D;
}

function geometryOf(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  attributes: object,
): Geometry {
  const { strides, dilations, pad, dimRoundingMode } = attributes as {
    strides: number | [number, number];
    dilations: number | [number, number];
    pad: Parameters<typeof tf.backend_util.computeConv2DInfo>[4];
    dimRoundingMode?: "floor" | "round" | "ceil";
  };
  const info = tf.backend_util.computeConv2DInfo(
    x.shape,
    filter.shape,
    strides,
    dilations,
    pad,
    dimRoundingMode,
  );
  const { top, bottom, left, right } = info.padInfo;
  return {
    ...evenSteps(info),
    padding: [[top, bottom], [left, right]],
  };
}
