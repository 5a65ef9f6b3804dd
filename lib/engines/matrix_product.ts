// Batched matrix product on WASM. tfjs's own is fast for one plain product only: it takes a scalar loop for batches and for
// transposed operands, which is what gradients and attention are made of.
import { tf } from "../tensor/tf.ts";
import type { FluxKernels } from "./kernels/flux_kernels.ts";

/** Replaces the engine's `BatchMatMul`. */
export function registerMatrixProduct(kernels: FluxKernels): void {
  tf.unregisterKernel("BatchMatMul", "wasm");
  tf.registerKernel({
    kernelName: "BatchMatMul",
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs }) => {
      const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
      const flags = attrs as { transposeA: boolean; transposeB: boolean };
      return matrixProduct(kernels, a, b, flags);
    },
  });
}

/**
 * a b over the last two axes; the axes before them are equal or broadcast. `a`: [..., rows, depth] or, transposed,
 * [..., depth, rows]; `b` likewise.
 */
function matrixProduct(
  kernels: FluxKernels,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  { transposeA, transposeB }: {
    readonly transposeA: boolean;
    readonly transposeB: boolean;
  },
): tf.TensorInfo {
  const left = transposeA ? transposed(kernels, a) : a;
  const right = transposeB ? transposed(kernels, b) : b;
  const [rows, depth] = left.shape.slice(-2) as [number, number];
  const columns = right.shape.at(-1)!;
  const outer = tf.broadcast_util.assertAndGetBroadcastShape(
    left.shape.slice(0, -2),
    right.shape.slice(0, -2),
  );
  const batch = productOf(outer);
  const product = kernels.output([...outer, rows, columns]);
  // tfjs broadcasts whole batches only: an operand has all matrices or one.
  const step = (tensor: tf.TensorInfo, size: number) =>
    productOf(tensor.shape.slice(0, -2)) === 1 ? 0 : size;
  const steps = [step(left, rows * depth), step(right, depth * columns)];
  kernels.run(
    "matrix_product",
    left,
    right,
    product,
    batch,
    rows,
    depth,
    columns,
    ...steps,
  );
  if (left !== a) kernels.release(left);
  if (right !== b) kernels.release(right);
  return product;
}

function transposed(kernels: FluxKernels, x: tf.TensorInfo): tf.TensorInfo {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const outer = x.shape.slice(0, -2);
  const turned = kernels.output([...outer, columns, rows]);
  kernels.run("transpose_matrices", x, turned, productOf(outer), rows, columns);
  return turned;
}

function productOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}
