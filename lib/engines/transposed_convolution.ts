// Transposed convolution as ordinary convolutions, one per phase of the stride.
import { tf } from "../tensor/tf.ts";
import { evenSteps } from "./convolution_steps.ts";
import type { FluxKernels } from "./kernels/flux_kernels.ts";

type Conv2DInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

/**
 * dL/dx of a convolution that `info` describes. `dy`: [N, h, w, out]; `filter`: [k, k, in, out]; returns `info.inShape`.
 *
 * Place stride * i + a of the result meets only filter rows of one remainder modulo the stride, so each phase `a` is a
 * small convolution of dy, whose rows are then woven into the result.
 */
export function transposedConvolution(
  kernels: FluxKernels,
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  info: Conv2DInfo,
): tf.TensorInfo {
  const { inHeight, inWidth } = info;
  const { stride } = evenSteps(info);
  if (stride === 1) return phase(kernels, dy, filter, info, [0, 0]);
  const result = kernels.output(info.inShape);
  for (let row = 0; row < stride; row++) {
    for (let column = 0; column < stride; column++) {
      const part = phase(kernels, dy, filter, info, [row, column]);
      const places = [...part.shape, inHeight, inWidth, stride, row, column];
      kernels.run("weave_phase", part, result, ...places);
      part.dispose();
    }
  }
  return result;
}

/** The filter turned by half a turn, with inputs and outputs exchanged; every `stride`-th tap from `first` on. */
export function turnedFilter(
  kernels: FluxKernels,
  filter: tf.Tensor4D,
  at: { readonly first: readonly [number, number]; readonly stride: number },
): tf.TensorInfo {
  const [height, width, inputs, outputs] = filter.shape;
  const rows = Math.ceil((height - at.first[0]) / at.stride);
  const columns = Math.ceil((width - at.first[1]) / at.stride);
  const turned = kernels.output([rows, columns, outputs, inputs]);
  kernels.run(
    "turn_filter",
    filter,
    turned,
    ...filter.shape,
    ...at.first,
    at.stride,
    rows,
    columns,
  );
  return turned;
}

function phase(
  kernels: FluxKernels,
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  info: Conv2DInfo,
  at: readonly [number, number],
): tf.Tensor4D {
  const { strideHeight: stride, padInfo, inHeight, inWidth } = info;
  const [height, width] = filter.shape;
  const rows = taps(
    at[0] + padInfo.top,
    stride,
    height,
    dy.shape[1],
    Math.ceil(inHeight / stride),
  );
  const columns = taps(
    at[1] + padInfo.left,
    stride,
    width,
    dy.shape[2],
    Math.ceil(inWidth / stride),
  );
  return tf.tidy(() => {
    const first = [rows.first, columns.first] as const;
    const part = tf.engine().makeTensorFromTensorInfo(
      turnedFilter(kernels, filter, { first, stride }),
    ) as tf.Tensor4D;
    return tf.conv2d(dy, part, 1, [[0, 0], rows.pad, columns.pad, [0, 0]]);
  });
}

/**
 * Along one axis: which entries of the turned filter a phase uses and how far dy is padded. With r = shift mod stride and
 * o = floor(shift / stride), output i reads dy[i + o - m] under filter entry r + stride * m.
 */
function taps(
  shift: number,
  stride: number,
  kernel: number,
  length: number,
  outputs: number,
): { first: number; pad: [number, number] } {
  const remainder = shift % stride;
  const count = Math.ceil((kernel - remainder) / stride);
  const last = remainder + stride * (count - 1);
  const before = count - 1 - Math.floor(shift / stride);
  return {
    first: kernel - 1 - last,
    pad: [before, outputs - 1 + count - before - length],
  };
}
