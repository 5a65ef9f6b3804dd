// Transposed convolution as ordinary convolutions, one per phase of the stride.
import { tf } from "../tensor/tf.ts";
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
  const { strideHeight: stride, inHeight, inWidth } = info;
  const turned = tf.tidy(() =>
    tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2])
  ) as tf.Tensor4D;
  if (stride === 1) {
    const whole = phase(dy, turned, info, [0, 0]);
    turned.dispose();
    return whole;
  }
  const result = kernels.output(info.inShape);
  for (let row = 0; row < stride; row++) {
    for (let column = 0; column < stride; column++) {
      const part = phase(dy, turned, info, [row, column]);
      kernels.run(
        "weave_phase",
        part,
        result,
        ...part.shape,
        inHeight,
        inWidth,
        stride,
        row,
        column,
      );
      part.dispose();
    }
  }
  turned.dispose();
  return result;
}

function phase(
  dy: tf.Tensor4D,
  turned: tf.Tensor4D,
  info: Conv2DInfo,
  at: readonly [number, number],
): tf.Tensor4D {
  const { strideHeight: stride, padInfo, inHeight, inWidth } = info;
  const [kernelHeight, kernelWidth] = turned.shape;
  const rows = taps(
    at[0] + padInfo.top,
    stride,
    kernelHeight,
    dy.shape[1],
    Math.ceil(inHeight / stride),
  );
  const columns = taps(
    at[1] + padInfo.left,
    stride,
    kernelWidth,
    dy.shape[2],
    Math.ceil(inWidth / stride),
  );
  return tf.tidy(() => {
    const part = stride === 1 ? turned : tf.stridedSlice(
      turned,
      [rows.first, columns.first, 0, 0],
      turned.shape,
      [stride, stride, 1, 1],
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
