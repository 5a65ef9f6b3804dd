// Kernels that tfjs's WASM backend lacks or does slowly: our compiled ones, and compositions of its fast ones.
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { tf } from "../tensor/tf.ts";
import type { FusedKernels } from "../tensor/fused_kernel.ts";
import { evenSteps } from "./convolution_steps.ts";
import { registerMatrixProduct } from "./matrix_product.ts";
import { FluxKernels } from "./kernels/flux_kernels.ts";
import { registerAffine } from "./wasm_affine.ts";
import { registerNorms } from "./wasm_norms.ts";
import { register } from "./wasm_registration.ts";
import { registerUpdates } from "./wasm_updates.ts";
import {
  transposedConvolution,
  turnedFilter,
} from "./transposed_convolution.ts";

type Shape4 = [number, number, number, number];

/** What tfjs hands to a convolution's gradient kernels. */
interface ConvAttributes {
  readonly strides: number | [number, number];
  readonly pad: Parameters<typeof tf.backend_util.computeConv2DInfo>[4];
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

/** Registers the kernels on `backend`; an existing one of the same name is replaced. */
export function registerWasmKernels(backend: BackendWasm): void {
  const kernels = FluxKernels.over(backend);
  registerConvolutions(kernels);
  registerBezier(kernels);
  registerNorms(kernels);
  registerUpdates(kernels);
  registerAffine(kernels);
  register("UnsortedSegmentSum", ({ x, segmentIds }, attributes) => {
    return segmentSum(
      x!,
      segmentIds!,
      (attributes as { numSegments: number }).numSegments,
    );
  });
  registerMatrixProduct(kernels);
  // tfjs copies the numbers here, and its tape keeps every operand through this kernel; sharing them is safe, tensors never change.
  register("Identity", ({ x }) => {
    backend.incRef(x!.dataId);
    return { dataId: x!.dataId, shape: x!.shape, dtype: x!.dtype };
  });
}

function registerConvolutions(kernels: FluxKernels): void {
  register("FluxFilterGradient", ({ x, dy }, attributes) => {
    return filterGradient(
      kernels,
      x!,
      dy!,
      attributes as FusedKernels["FluxFilterGradient"],
    );
  });
  register("FluxTurnFilter", ({ filter }) => {
    return turnedFilter(kernels, filter as tf.Tensor4D, {
      first: [0, 0],
      stride: 1,
    });
  });
  register("Conv2DBackpropFilter", ({ x, dy }, attributes) => {
    const { filterShape, ...geometry } = attributes as ConvAttributes & {
      filterShape: Shape4;
    };
    const info = convInfo(x!.shape as Shape4, filterShape, geometry);
    return filterGradient(kernels, x!, dy!, {
      filterShape,
      stride: evenSteps(info).stride,
      dilation: 1,
      padding: [
        info.padInfo.top,
        info.padInfo.bottom,
        info.padInfo.left,
        info.padInfo.right,
      ],
    });
  });
  register("Conv2DBackpropInput", ({ dy, filter }, attributes) => {
    const { inputShape, ...geometry } = attributes as ConvAttributes & {
      inputShape: Shape4;
    };
    const info = convInfo(inputShape, filter!.shape as Shape4, geometry);
    return transposedConvolution(
      kernels,
      dy as tf.Tensor4D,
      filter as tf.Tensor4D,
      info,
    );
  });
}

function convInfo(
  input: Shape4,
  filter: Shape4,
  { strides, pad, dimRoundingMode }: ConvAttributes,
): ReturnType<typeof tf.backend_util.computeConv2DInfo> {
  return tf.backend_util.computeConv2DInfo(
    input,
    filter,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
}

function filterGradient(
  kernels: FluxKernels,
  x: tf.TensorInfo,
  dy: tf.TensorInfo,
  { filterShape, stride, dilation, padding: [padTop, , padLeft] }:
    FusedKernels["FluxFilterGradient"],
): tf.TensorInfo {
  const [batch, height, width, inputs] = x.shape as Shape4;
  const [, outHeight, outWidth, outputs] = dy.shape as Shape4;
  const [kernelHeight, kernelWidth] = filterShape as Shape4;
  const gradient = kernels.zeros(filterShape);
  kernels.run(
    "filter_gradient",
    x,
    dy,
    gradient,
    ...[batch, height, width, inputs, outHeight, outWidth, outputs],
    ...[kernelHeight, kernelWidth, stride, dilation, padTop, padLeft],
  );
  return gradient;
}

function registerBezier(kernels: FluxKernels): void {
  const rowsOf = (shape: readonly number[]) =>
    shape.slice(0, -1).reduce((count, side) => count * side, 1);
  register("FluxBezier", ({ x }, attributes) => {
    const features = x!.shape.at(-1)! / 5;
    const y = kernels.output([...x!.shape.slice(0, -1), features]);
    const { silu } = attributes as FusedKernels["FluxBezier"];
    kernels.run(
      "bezier_forward",
      x!,
      y,
      rowsOf(x!.shape),
      features,
      Number(silu),
    );
    return y;
  });
  register("FluxBezierGrad", ({ x, dy }, attributes) => {
    const dx = kernels.output(x!.shape);
    const { silu } = attributes as FusedKernels["FluxBezierGrad"];
    const sizes = [rowsOf(x!.shape), x!.shape.at(-1)! / 5, Number(silu)];
    kernels.run("bezier_backward", x!, dy!, dx, ...sizes);
    return dx;
  });
}

/** Rows of `x` summed by segment, as a plain loop: an embedding's gradient visits few rows of a large table. */
function segmentSum(
  x: tf.Tensor,
  segmentIds: tf.Tensor,
  segments: number,
): tf.Tensor {
  const width = x.size / x.shape[0]!;
  const values = x.dataSync();
  const ids = segmentIds.dataSync();
  const sums = new Float32Array(segments * width);
  for (let row = 0; row < ids.length; row++) {
    const segment = ids[row]!;
    if (segment < 0) continue;
    for (let column = 0; column < width; column++) {
      sums[segment * width + column]! += values[row * width + column]!;
    }
  }
  return tf.tensor(sums, [segments, ...x.shape.slice(1)], "float32");
}
