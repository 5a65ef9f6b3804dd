// A convolution and both of its gradients as tiled products. Pictures are [batch, height, width, channels], filters
// [height, width, in, out].
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { tf } from "../../tensor/tf.ts";
import { flat } from "./gpu_program.ts";
import type { Operand } from "./product_tile.ts";
import { runTiledProduct } from "./tiled_product.ts";

/** Sizes of one convolution, in the words of tfjs's own computation. The shaders read them under these names. */
export interface ConvolutionSizes {
  readonly batchSize: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  /** One number for both axes. */
  readonly stride: number;
  readonly dilation: number;
  readonly padTop: number;
  readonly padLeft: number;
}

/** y of `x` and `filter`. The caller owns the result. */
export function convolution(
  backend: WebGPUBackend,
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
  sizes: ConvolutionSizes,
): tf.TensorInfo {
  const { batchSize, outHeight, outWidth, outChannels } = sizes;
  return runTiledProduct(backend, {
    name: "convolution",
    a: {
      tensor: flat(x),
      neighbours: "inner",
      outerPlace: outputPlace("o"),
      innerPlace: filterPlace("k"),
      offset: pictureOffset("o", "k"),
    },
    b: rowsOfChannels(filter),
    rows: batchSize * outHeight * outWidth,
    columns: outChannels,
    inner: sizes.filterHeight * sizes.filterWidth * sizes.inChannels,
    slices: 1,
    integers: { ...sizes },
    outputShape: [batchSize, outHeight, outWidth, outChannels],
    place: null,
  });
}

/** dL/dfilter of `x` and the output's gradient `dy`: a sum over all places of all pictures. The caller owns the result. */
export function filterGradient(
  backend: WebGPUBackend,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  sizes: ConvolutionSizes,
): tf.TensorInfo {
  const { filterHeight, filterWidth, inChannels, outChannels } = sizes;
  return runTiledProduct(backend, {
    name: "filter_gradient",
    a: {
      tensor: flat(x),
      neighbours: "outer",
      outerPlace: filterPlace("o"),
      innerPlace: outputPlace("k"),
      offset: pictureOffset("k", "o"),
    },
    b: rowsOfChannels(dy),
    rows: filterHeight * filterWidth * inChannels,
    columns: outChannels,
    inner: sizes.batchSize * sizes.outHeight * sizes.outWidth,
    slices: 1,
    integers: { ...sizes },
    outputShape: [filterHeight, filterWidth, inChannels, outChannels],
    place: null,
  });
}

/**
 * dL/dx of the output's gradient `dy` and `filter`: the transposed convolution. Where the stride divides the filter and the picture,
 * each phase (a place modulo the stride) is a small product of its own without a zero in it. The caller owns the result.
 */
export function inputGradient(
  backend: WebGPUBackend,
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
  sizes: ConvolutionSizes,
): tf.TensorInfo {
  const { batchSize, inHeight, inWidth, inChannels, stride } = sizes;
  const { filterHeight, filterWidth, dilation } = sizes;
  const sides = [inHeight, inWidth, filterHeight, filterWidth];
  const isEven = dilation === 1 && sides.every((side) => side % stride === 0);
  const phases = isEven ? stride : 1;
  const phaseRows = inHeight / phases;
  const phaseColumns = inWidth / phases;
  return runTiledProduct(backend, {
    name: "input_gradient",
    a: gradientOperand(dy),
    b: turnedOperand(filter),
    rows: batchSize * phaseRows * phaseColumns,
    columns: inChannels,
    inner: filterHeight * filterWidth / phases ** 2 * sizes.outChannels,
    slices: phases ** 2,
    integers: {
      ...sizes,
      phases,
      phaseRows,
      phaseColumns,
      phaseWidth: filterWidth / phases,
    },
    outputShape: [batchSize, inHeight, inWidth, inChannels],
    place:
      `((m / (uniforms.phaseRows * uniforms.phaseColumns) * uniforms.inHeight
      + m / uniforms.phaseColumns % uniforms.phaseRows * uniforms.phases + z / uniforms.phases) * uniforms.inWidth
      + m % uniforms.phaseColumns * uniforms.phases + z % uniforms.phases) * uniforms.inChannels + n`,
  });
}

/** [K, out] in memory: a filter, or the gradient of an output. */
function rowsOfChannels(tensor: tf.TensorInfo): Operand {
  return {
    tensor: flat(tensor),
    neighbours: "outer",
    outerPlace: "vec4<i32>(o, 0, 0, 0)",
    innerPlace: "vec4<i32>(k * uniforms.outChannels, 0, 0, 0)",
    offset: "k.x + o.x",
  };
}

/** The first tap, down and across, that meets a place of dy from this phase. */
const FIRST_TAP_DOWN =
  "(z / uniforms.phases + uniforms.padTop) % uniforms.phases";
const FIRST_TAP_ACROSS =
  "(z % uniforms.phases + uniforms.padLeft) % uniforms.phases";

/** Rows are places of x within one phase; K are taps of the filter and channels of dy. */
function gradientOperand(dy: tf.TensorInfo): Operand {
  // Places are counted with the padding: taps are taken away from them, and what the stride then divides is a place of dy.
  const outerPlace =
    `vec4<i32>(o / (uniforms.phaseRows * uniforms.phaseColumns) * uniforms.outHeight,
      o / uniforms.phaseColumns % uniforms.phaseRows * uniforms.phases + z / uniforms.phases + uniforms.padTop,
      o % uniforms.phaseColumns * uniforms.phases + z % uniforms.phases + uniforms.padLeft, 0)`;
  const innerPlace = `vec4<i32>(
      (k / (uniforms.outChannels * uniforms.phaseWidth) * uniforms.phases + ${FIRST_TAP_DOWN}) * uniforms.dilation,
      (k / uniforms.outChannels % uniforms.phaseWidth * uniforms.phases + ${FIRST_TAP_ACROSS}) * uniforms.dilation,
      k % uniforms.outChannels, 0)`;
  const down = "(o.y - k.x)";
  const across = "(o.z - k.y)";
  const stride = "uniforms.stride";
  return {
    tensor: flat(dy),
    neighbours: "inner",
    outerPlace,
    innerPlace,
    offset: `select(-1,
      ((o.x + ${down} / ${stride}) * uniforms.outWidth + ${across} / ${stride}) * uniforms.outChannels + k.z,
      ${down} >= 0 && ${across} >= 0 && ${down} % ${stride} == 0 && ${across} % ${stride} == 0
        && ${down} / ${stride} < uniforms.outHeight && ${across} / ${stride} < uniforms.outWidth)`,
  };
}

/** Columns are channels of x. */
function turnedOperand(filter: tf.TensorInfo): Operand {
  return {
    tensor: flat(filter),
    neighbours: "inner",
    outerPlace: "vec4<i32>(o * uniforms.outChannels, 0, 0, 0)",
    innerPlace: `vec4<i32>(
      ((k / (uniforms.outChannels * uniforms.phaseWidth) * uniforms.phases + ${FIRST_TAP_DOWN}) * uniforms.filterWidth
        + k / uniforms.outChannels % uniforms.phaseWidth * uniforms.phases + ${FIRST_TAP_ACROSS})
        * uniforms.inChannels * uniforms.outChannels + k % uniforms.outChannels, 0, 0, 0)`,
    offset: "k.x + o.x",
  };
}

/** Picture, and where the filter's first tap reads for this place of the output. */
function outputPlace(index: string): string {
  return `vec4<i32>(${index} / (uniforms.outHeight * uniforms.outWidth) * uniforms.inHeight,
    ${index} / uniforms.outWidth % uniforms.outHeight * uniforms.stride - uniforms.padTop,
    ${index} % uniforms.outWidth * uniforms.stride - uniforms.padLeft, 0)`;
}

/** How far a tap reads from the first one, and its channel. */
function filterPlace(index: string): string {
  return `vec4<i32>(${index} / (uniforms.inChannels * uniforms.filterWidth) * uniforms.dilation,
    ${index} / uniforms.inChannels % uniforms.filterWidth * uniforms.dilation,
    ${index} % uniforms.inChannels, 0)`;
}

function pictureOffset(output: string, tap: string): string {
  const row = `(${output}.y + ${tap}.x)`;
  const column = `(${output}.z + ${tap}.y)`;
  return `select(-1,
    ((${output}.x + ${row}) * uniforms.inWidth + ${column}) * uniforms.inChannels + ${tap}.z,
    ${row} >= 0 && ${row} < uniforms.inHeight && ${column} >= 0 && ${column} < uniforms.inWidth)`;
}
