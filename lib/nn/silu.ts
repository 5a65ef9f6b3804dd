// The sigmoid-weighted linear unit (Elfwing et al. 2017), with its gradient written out.
import { tf } from "../tensor/tf.ts";

/** x sigmoid(x). */
export function silu<T extends tf.Tensor>(x: T): T {
  const operation = tf.customGrad((...inputs) => {
    const [x, save] = inputs as [tf.Tensor, (kept: tf.Tensor[]) => void];
    const gate = tf.sigmoid(x);
    const value = tf.mul(x, gate);
    save([gate, value]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [gate, value] = saved as [tf.Tensor, tf.Tensor];
      // g + x g (1 - g)
      return tf.tidy(() =>
        tf.mul(dy, tf.add(gate, tf.mul(value, tf.sub(1, gate))))
      );
    };
    return { value, gradFunc };
  });
  return operation(x) as tf.Tensor as T;
}
