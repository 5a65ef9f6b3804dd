// Registers our shaders over tfjs's kernels: products, convolutions with their gradients, sums, and what the models fuse.
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import { tf } from "../../tensor/tf.ts";
import type { AdamNumbers, FusedKernels } from "../../tensor/fused_kernel.ts";
import { evenSteps } from "../convolution_steps.ts";
import { type AdamTensors, adamUpdate } from "./adam_shader.ts";
import { bezier, bezierGradient } from "./bezier_shader.ts";
import {
  convolution,
  type ConvolutionSizes,
  filterGradient,
  inputGradient,
} from "./convolution_products.ts";
import { binSums } from "./bin_sums.ts";
import { reshaped, sizeOf } from "./gpu_program.ts";
import { groupNormalize, groupNormalizeGradient } from "./group_norm.ts";
import { matrixProduct, type Transposition } from "./matrix_product.ts";
import { squareSum, sumColumns, sumRows } from "./reductions.ts";
import { segmentSum } from "./segment_sum.ts";

type Infos = Readonly<Record<string, tf.TensorInfo>>;
type Kernel = (
  inputs: Infos,
  attributes: object,
) => tf.TensorInfo | tf.TensorInfo[];
type Shape4 = [number, number, number, number];

/** Registers the kernels; an existing one of the same name is replaced. */
export function registerWebgpuKernels(backend: WebGPUBackend): void {
  registerConvolutions(backend);
  registerFused(backend);
  registerSums(backend);
  const theirs = tf.getKernel("BatchMatMul", "webgpu");
  register(
    "BatchMatMul",
    ({ a, b }, attributes) =>
      matrixProduct(backend, a!, b!, attributes as Transposition) ??
        theirs.kernelFunc({
          inputs: { a: a!, b: b! },
          attrs: attributes as tf.NamedAttrMap,
          backend,
        }),
  );
  const theirCount = tf.getKernel("Bincount", "webgpu");
  register(
    "Bincount",
    ({ x, weights }, attributes) =>
      weights!.dtype === "float32" && sizeOf(weights!.shape) > 0
        ? binSums(backend, x!, weights!, (attributes as { size: number }).size)
        : theirCount.kernelFunc({
          inputs: { x: x!, weights: weights! },
          attrs: attributes as tf.NamedAttrMap,
          backend,
        }),
  );
  register("UnsortedSegmentSum", ({ x, segmentIds }, attributes) =>
    segmentSum(
      backend,
      x!,
      segmentIds!,
      (attributes as { numSegments: number }).numSegments,
    ));
}

function register(kernelName: string, kernel: Kernel): void {
  if (tf.getKernel(kernelName, "webgpu") !== undefined) {
    tf.unregisterKernel(kernelName, "webgpu");
  }
  tf.registerKernel({
    kernelName,
    backendName: "webgpu",
    kernelFunc: ({ inputs, attrs }) =>
      kernel(inputs as unknown as Infos, attrs ?? {}),
  });
}

/** What tfjs hands to a convolution and to the kernels of its gradients. */
interface ConvAttributes {
  readonly strides: number | [number, number];
  readonly dilations?: number | [number, number];
  readonly pad: Parameters<typeof tf.backend_util.computeConv2DInfo>[4];
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

function registerConvolutions(backend: WebGPUBackend): void {
  register("Conv2D", ({ x, filter }, attributes) =>
    convolution(
      backend,
      x!,
      filter!,
      sizesOf(x!.shape, filter!.shape, attributes as ConvAttributes),
    ));
  register("Conv2DBackpropInput", ({ dy, filter }, attributes) => {
    const { inputShape, ...geometry } = attributes as ConvAttributes & {
      inputShape: number[];
    };
    const sizes = sizesOf(inputShape, filter!.shape, geometry);
    return inputGradient(backend, dy!, filter!, sizes);
  });
  register("Conv2DBackpropFilter", ({ x, dy }, attributes) => {
    const { filterShape, ...geometry } = attributes as ConvAttributes & {
      filterShape: number[];
    };
    const sizes = sizesOf(x!.shape, filterShape, geometry);
    return filterGradient(backend, x!, dy!, sizes);
  });
  register("FluxFilterGradient", ({ x, dy }, attributes) => {
    const { filterShape, ...geometry } =
      attributes as FusedKernels["FluxFilterGradient"];
    const shapes = [x!.shape, filterShape, dy!.shape] as const;
    return filterGradient(backend, x!, dy!, gradientSizes(shapes, geometry));
  });
  register("FluxInputGradient", ({ dy, filter }, attributes) => {
    const { inputShape, ...geometry } =
      attributes as FusedKernels["FluxInputGradient"];
    const shapes = [inputShape, filter!.shape, dy!.shape] as const;
    return inputGradient(
      backend,
      dy!,
      filter!,
      gradientSizes(shapes, geometry),
    );
  });
}

/** Sizes of a convolution whose input, filter and output have these shapes. */
function gradientSizes(
  [input, filter, output]: readonly [
    readonly number[],
    readonly number[],
    readonly number[],
  ],
  { stride, dilation, padding }: {
    readonly stride: number;
    readonly dilation: number;
    readonly padding: readonly [number, number, number, number];
  },
): ConvolutionSizes {
  const [batchSize, inHeight, inWidth, inChannels] = input as Shape4;
  const [, outHeight, outWidth, outChannels] = output as Shape4;
  const [filterHeight, filterWidth] = filter as Shape4;
  const [padTop, , padLeft] = padding;
  return {
    batchSize,
    inHeight,
    inWidth,
    inChannels,
    outHeight,
    outWidth,
    outChannels,
    filterHeight,
    filterWidth,
    stride,
    dilation,
    padTop,
    padLeft,
  };
}

function sizesOf(
  input: readonly number[],
  filter: readonly number[],
  { strides, dilations, pad, dimRoundingMode }: ConvAttributes,
): ConvolutionSizes {
  const info = tf.backend_util.computeConv2DInfo(
    input as Shape4,
    filter as Shape4,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
  );
  return {
    batchSize: info.batchSize,
    inHeight: info.inHeight,
    inWidth: info.inWidth,
    inChannels: info.inChannels,
    outHeight: info.outHeight,
    outWidth: info.outWidth,
    outChannels: info.outChannels,
    filterHeight: info.filterHeight,
    filterWidth: info.filterWidth,
    ...evenSteps(info),
    padTop: info.padInfo.top,
    padLeft: info.padInfo.left,
  };
}

function registerFused(backend: WebGPUBackend): void {
  register(
    "FluxBezier",
    ({ x }, attributes) =>
      bezier(backend, x!, (attributes as FusedKernels["FluxBezier"]).silu),
  );
  register("FluxBezierGrad", ({ x, dy }, attributes) =>
    bezierGradient(
      backend,
      x!,
      dy!,
      (attributes as FusedKernels["FluxBezierGrad"]).silu,
    ));
  register(
    "FluxSquareSum",
    (tensors) => squareSum(backend, Object.values(tensors)),
  );
  register("FluxAdam", (tensors, numbers) =>
    adamUpdate(
      backend,
      tensors as unknown as AdamTensors,
      numbers as AdamNumbers,
    ));
  register("FluxGroupNormalize", ({ x }, attributes) => {
    const { groups, epsilon } =
      attributes as FusedKernels["FluxGroupNormalize"];
    return groupNormalize(backend, x!, groups, epsilon);
  });
  register(
    "FluxGroupNormalizeGrad",
    ({ y, dy, inverse }, attributes) =>
      groupNormalizeGradient(
        backend,
        { y: y!, dy: dy!, inverse: inverse! },
        (attributes as FusedKernels["FluxGroupNormalizeGrad"]).groups,
      ),
  );
}

/** Sum and Mean; what is neither the first axes nor the last ones is turned there first. */
function registerSums(backend: WebGPUBackend): void {
  for (const kernelName of ["Sum", "Mean"]) {
    const theirs = tf.getKernel(kernelName, "webgpu");
    register(kernelName, ({ x }, attributes) => {
      const { axis, keepDims } = attributes as {
        axis: number | number[];
        keepDims: boolean;
      };
      const axes = tf.util.parseAxisParam(axis, x!.shape).toSorted((a, b) =>
        a - b
      );
      const count = sizeOf(axes.map((one) => x!.shape[one]!));
      // Whole numbers and empty sums are theirs: neither is worth a shader.
      if (x!.dtype !== "float32" || sizeOf(x!.shape) === 0) {
        return theirs.kernelFunc({
          inputs: { x: x! },
          attrs: attributes as tf.NamedAttrMap,
          backend,
        });
      }
      const scale = kernelName === "Mean" ? 1 / count : 1;
      const sum = sumOver(backend, x!, axes, scale);
      const shape = keepDims
        ? x!.shape.map((side, at) => axes.includes(at) ? 1 : side)
        : x!.shape.filter((_, at) => !axes.includes(at));
      return reshaped(sum, shape);
    });
  }
}

function sumOver(
  backend: WebGPUBackend,
  x: tf.TensorInfo,
  axes: readonly number[],
  scale: number,
): tf.TensorInfo {
  const rank = x.shape.length;
  const count = sizeOf(axes.map((axis) => x.shape[axis]!));
  const kept = sizeOf(x.shape) / count;
  const isLast = axes.every((axis, at) => axis === rank - axes.length + at);
  if (isLast) {
    return sumColumns(backend, x, { rows: kept, columns: count }, scale);
  }
  const isFirst = axes.every((axis, at) => axis === at);
  if (isFirst) {
    return sumRows(backend, x, { rows: count, columns: kept }, scale);
  }
  const others = [...x.shape.keys()].filter((axis) => !axes.includes(axis));
  const turned = tf.engine().runKernel(
    "Transpose",
    { x } as unknown as tf.NamedTensorMap,
    { perm: [...others, ...axes] },
  ) as tf.Tensor;
  const sum = sumColumns(
    backend,
    turned,
    { rows: kept, columns: count },
    scale,
  );
  turned.dispose();
  return sum;
}
