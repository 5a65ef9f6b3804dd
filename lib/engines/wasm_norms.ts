// Norms without parameters on WASM; a layer norm is a group norm of one place.
import type { FusedKernels } from "../tensor/fused_kernel.ts";
import type { tf } from "../tensor/tf.ts";
import type { FluxKernels } from "./kernels/flux_kernels.ts";
import { register } from "./wasm_registration.ts";

/** Batch, places, groups, channels of a group. */
type Sizes = readonly [number, number, number, number];

/** Registers group and layer norm with their gradients. */
export function registerNorms(kernels: FluxKernels): void {
  register("FluxGroupNormalize", ({ x }, attributes) => {
    const { groups, epsilon } =
      attributes as FusedKernels["FluxGroupNormalize"];
    return forward(kernels, x!, groupSizes(x!.shape, groups), epsilon);
  });
  register("FluxGroupNormalizeGrad", ({ y, dy, inverse }, attributes) => {
    const { groups } = attributes as FusedKernels["FluxGroupNormalizeGrad"];
    const sizes = groupSizes(y!.shape, groups);
    return backward(kernels, [y!, dy!, inverse!], sizes);
  });
  register("FluxLayerNormalize", ({ x }, attributes) => {
    const { epsilon } = attributes as FusedKernels["FluxLayerNormalize"];
    return forward(kernels, x!, rowSizes(x!.shape), epsilon);
  });
  register("FluxLayerNormalizeGrad", ({ y, dy, inverse }) => {
    return backward(kernels, [y!, dy!, inverse!], rowSizes(y!.shape));
  });
}

function forward(
  kernels: FluxKernels,
  x: tf.TensorInfo,
  sizes: Sizes,
  epsilon: number,
): tf.TensorInfo[] {
  const y = kernels.output(x.shape);
  const inverse = kernels.output([sizes[0], sizes[2]]);
  kernels.run("group_normalize_forward", x, y, inverse, ...sizes, epsilon);
  return [y, inverse];
}

function backward(
  kernels: FluxKernels,
  inputs: readonly [
    y: tf.TensorInfo,
    dy: tf.TensorInfo,
    inverse: tf.TensorInfo,
  ],
  sizes: Sizes,
): tf.TensorInfo {
  const dx = kernels.output(inputs[0].shape);
  kernels.run("group_normalize_backward", ...inputs, dx, ...sizes);
  return dx;
}

function groupSizes(shape: readonly number[], groups: number): Sizes {
  const [batch, height, width, channels] = shape as Sizes;
  return [batch, height * width, groups, channels / groups];
}

function rowSizes(shape: readonly number[]): Sizes {
  const width = shape.at(-1)!;
  const rows = shape.slice(0, -1).reduce((count, side) => count * side, 1);
  return [rows, 1, 1, width];
}
