// Affine maps on WASM: product and bias in one kernel, all three gradients in another.
import type { tf } from "../tensor/tf.ts";
import type { FluxKernels } from "./kernels/flux_kernels.ts";
import { register } from "./wasm_registration.ts";

/** Registers the kernels. */
export function registerAffine(kernels: FluxKernels): void {
  register("FluxAffine", ({ x, weight, bias }) => {
    const [inputs, outputs] = weight!.shape as [number, number];
    const rows = x!.size / inputs;
    const y = kernels.output([...x!.shape.slice(0, -1), outputs]);
    product(kernels, x!, weight!, y, [rows, inputs, outputs]);
    kernels.run("add_bias", y, bias!, rows, outputs);
    return y;
  });
  register("FluxAffineGrad", ({ x, weight, dy }) => {
    const [inputs, outputs] = weight!.shape as [number, number];
    const rows = x!.size / inputs;
    const turned = kernels.output([outputs, inputs]);
    kernels.run("transpose_matrices", weight!, turned, 1, inputs, outputs);
    const dx = kernels.output(x!.shape);
    product(kernels, dy!, turned, dx, [rows, outputs, inputs]);
    kernels.release(turned);
    const dw = kernels.zeros(weight!.shape);
    // A filter of one place over a picture of one row.
    const picture = [1, 1, rows, inputs, 1, rows, outputs];
    kernels.run("filter_gradient", x!, dy!, dw, ...picture, 1, 1, 1, 1, 0, 0);
    const db = kernels.zeros([outputs]);
    kernels.run("column_sums", dy!, db, rows, outputs);
    return [dx, dw, db];
  });
}

/** c [rows, columns] = a [rows, depth] b [depth, columns]. */
function product(
  kernels: FluxKernels,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  c: tf.TensorInfo,
  sizes: readonly [rows: number, depth: number, columns: number],
): void {
  kernels.run("matrix_product", a, b, c, 1, ...sizes, 0, 0);
}
