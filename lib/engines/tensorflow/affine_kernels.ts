// Affine maps on TensorFlow: its ops one after the other, without a tfjs tensor for each.
import type { tf } from "../../tensor/tf.ts";
import {
  FLOAT,
  type NativeOps,
  registerNative,
  typeAttribute,
} from "./native_ops.ts";
import { matrixProduct } from "./product_kernels.ts";

const RESHAPE = [FLOAT, typeAttribute("Tshape", "int32")];
const PLAIN = { left: false, right: false };
const LEFT_TURNED = { left: true, right: false };
const RIGHT_TURNED = { left: false, right: true };

/** Registers the kernels. */
export function registerAffine(ops: NativeOps): void {
  registerNative("FluxAffine", ({ x, weight, bias }) => {
    const [inputs, outputs] = weight!.shape as [number, number];
    const rows = asRows(ops, x!, inputs);
    const product = matrixProduct(ops, rows, weight!, PLAIN);
    const sum = ops.run("BiasAdd", [FLOAT], [product, bias!]);
    ops.release(product);
    if (rows === x) return sum;
    const shape = ops.integers([...x!.shape.slice(0, -1), outputs]);
    const y = ops.run("Reshape", RESHAPE, [sum, shape]);
    ops.release(sum, rows);
    return y;
  });
  registerNative("FluxAffineGrad", ({ x, weight, dy }) => {
    const [inputs, outputs] = weight!.shape as [number, number];
    const rows = asRows(ops, x!, inputs);
    const slopes = asRows(ops, dy!, outputs);
    const product = matrixProduct(ops, slopes, weight!, RIGHT_TURNED);
    const dw = matrixProduct(ops, rows, slopes, LEFT_TURNED);
    const db = ops.run("BiasAddGrad", [FLOAT], [slopes]);
    if (rows === x) return [product, dw, db];
    const dx = ops.run("Reshape", RESHAPE, [product, ops.integers(x!.shape)]);
    ops.release(product, rows, slopes);
    return [dx, dw, db];
  });
}

/** `x` itself where it is a matrix already. */
function asRows(
  ops: NativeOps,
  x: tf.TensorInfo,
  width: number,
): tf.TensorInfo {
  if (x.shape.length === 2) return x;
  const count = x.shape.slice(0, -1).reduce((all, side) => all * side, 1);
  return ops.run("Reshape", RESHAPE, [x, ops.integers([count, width])]);
}
