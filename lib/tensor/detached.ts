// A value that gradients do not pass.
import { tf } from "./tf.ts";

/** `x` as a constant: whatever is computed from it sends no gradient back. The caller owns the result. */
export function detached<T extends tf.Tensor>(x: T): T {
  const operation = tf.customGrad((...inputs) => {
    const [x] = inputs as [tf.Tensor];
    return { value: x.clone(), gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy) };
  });
  return operation(x) as tf.Tensor as T;
}
