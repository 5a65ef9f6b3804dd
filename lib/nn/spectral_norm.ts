// Spectral norm as PyTorch's classic parametrisation has it: the trained weight is divided by its largest singular value,
// which two stored vectors, `weight_u` and `weight_v`, follow by one power iteration per training pass.
import { EPSILON, ORIGINAL } from "../blueprint/spectral.ts";
import { tf } from "../tensor/tf.ts";
import type { Scope } from "./scope.ts";

/**
 * The scope's weight divided by u W v, in the layout of memory. u and v are constants to the gradient, the weight in the
 * divisor is not. The caller owns the result.
 */
export function spectralWeight<T extends tf.Tensor>(scope: Scope): T {
  return tf.tidy(() => {
    const original = scope.get(ORIGINAL);
    const matrix = matrixOf(original);
    const sigma = tf.sum(
      tf.mul(tf.matMul(rowOf(scope, original), matrix), scope.get("weight_u")),
    );
    return tf.div(original, sigma) as tf.Tensor as T;
  });
}

/** Moves u and v of the scope one power iteration on: v = W'u, u = Wv, each of length 1. */
export function iteratePower(scope: Scope): void {
  tf.tidy(() => {
    const original = scope.get(ORIGINAL);
    const matrix = matrixOf(original);
    const u = scope.get<tf.Variable>("weight_u");
    const column = tf.reshape(u, [-1, 1]) as tf.Tensor2D;
    const v = toUnit(tf.matMul(matrix, column));
    u.assign(toUnit(tf.matMul(v, matrix, true, false)).flatten());
    scope.get<tf.Variable>("weight_v").assign(storedOrder(v, original));
  });
}

/** [places and inputs, outputs]: the transpose of PyTorch's matrix, its rows in the order of memory. */
function matrixOf(original: tf.Tensor): tf.Tensor2D {
  return tf.reshape(original, [-1, original.shape.at(-1)!]) as tf.Tensor2D;
}

/** `weight_v`, which files hold in PyTorch's order [inputs, kernel, kernel], as a row in the order of memory. */
function rowOf(scope: Scope, original: tf.Tensor): tf.Tensor2D {
  const v = scope.get("weight_v");
  if (original.shape.length === 2) return tf.reshape(v, [1, -1]);
  const [height, width, inputs] = original.shape as [number, number, number];
  const places = tf.reshape(v, [inputs, height, width]);
  return tf.reshape(tf.transpose(places, [1, 2, 0]), [1, -1]);
}

/** The reverse of {@linkcode rowOf}. */
function storedOrder(v: tf.Tensor, original: tf.Tensor): tf.Tensor1D {
  if (original.shape.length === 2) return tf.reshape(v, [-1]) as tf.Tensor1D;
  const [height, width, inputs] = original.shape as [number, number, number];
  const places = tf.reshape(v, [height, width, inputs]);
  return tf.reshape(tf.transpose(places, [2, 0, 1]), [-1]) as tf.Tensor1D;
}

function toUnit(x: tf.Tensor): tf.Tensor {
  const length = tf.sqrt(tf.sum(tf.square(x)));
  return tf.div(x, tf.maximum(length, EPSILON));
}
