// Matrix products: small ones by TensorFlow's own kernel, whose calls cost a tenth of oneDNN's; large ones by oneDNN.
import type { tf } from "../../tensor/tf.ts";
import {
  FLOAT,
  type NativeOps,
  registerNative,
  typeAttribute,
} from "./native_ops.ts";
import { ATTRIBUTE_KIND, type OpAttribute } from "./op_attributes.ts";

/** Which factors are turned before they are multiplied. */
export interface Turned {
  readonly left: boolean;
  readonly right: boolean;
}

/**
 * Multiplications of one product up to which the plain kernel is the faster one, measured on two cores: a matrix of 50 rows and columns,
 * and each matrix of a stack at 100. oneDNN's call takes 70 microseconds for a stack, whatever its size.
 */
const MOST_ALONE = 2 ** 17;
const MOST_IN_STACK = 2 ** 20;
/** Not among the ops that TensorFlow hands to oneDNN, but the same product. */
const PLAIN_PRODUCT = "BatchMatMulV3";
const PLAIN_TYPES = ["Ta", "Tb", "Tout"].map((name) =>
  typeAttribute(name, "float32")
);

/** Registers tfjs's product of stacked matrices. */
export function registerProducts(ops: NativeOps): void {
  registerNative("BatchMatMul", ({ a, b }, attributes) => {
    const { transposeA, transposeB } = attributes as {
      transposeA: boolean;
      transposeB: boolean;
    };
    const turned = { left: transposeA, right: transposeB };
    return isSmall(ops, a!, b!, turned, MOST_IN_STACK)
      ? plainProduct(ops, a!, b!, turned)
      : ops.run("BatchMatMulV2", [
        typeAttribute("T", a!.dtype),
        ...flags(["adj_x", "adj_y"], turned),
      ], [a!, b!]);
  });
}

/** The product of two matrices. */
export function matrixProduct(
  ops: NativeOps,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  turned: Turned,
): tf.TensorInfo {
  return isSmall(ops, a, b, turned, MOST_ALONE)
    ? plainProduct(ops, a, b, turned)
    : ops.run("MatMul", [
      FLOAT,
      ...flags(["transpose_a", "transpose_b"], turned),
    ], [a, b]);
}

function plainProduct(
  ops: NativeOps,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  turned: Turned,
): tf.TensorInfo {
  return ops.run(
    PLAIN_PRODUCT,
    [...PLAIN_TYPES, ...flags(["adj_x", "adj_y"], turned)],
    [a, b],
  );
}

function isSmall(
  { backend }: NativeOps,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  { right }: Turned,
  most: number,
): boolean {
  if (a.dtype !== "float32" || backend.binding.isUsingGpuDevice()) return false;
  const [rows, inner] = a.shape.slice(-2) as [number, number];
  return rows * inner * b.shape.at(right ? -2 : -1)! <= most;
}

function flags(
  [left, right]: readonly [string, string],
  turned: Turned,
): OpAttribute[] {
  const type = ATTRIBUTE_KIND.bool;
  return [
    { name: left, type, value: turned.left },
    { name: right, type, value: turned.right },
  ];
}
