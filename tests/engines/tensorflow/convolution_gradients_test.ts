// Gradients of convolutions on TensorFlow in every form that the engine gives them, against tfjs's cpu backend.
import assert from "node:assert/strict";
import { startEngine } from "../../../lib/engines/engine.ts";
import { tf } from "../../../lib/tensor/tf.ts";
import {
  tensorflow,
  testOnTensorflow,
} from "../../support/tensorflow_library.ts";

const CASES = [
  {
    form: "named padding",
    x: [1, 7, 7, 2],
    w: 3,
    stride: 1,
    pad: 1,
    dilation: 1,
  },
  {
    form: "named padding, stride",
    x: [1, 8, 6, 2],
    w: 4,
    stride: 2,
    pad: 1,
    dilation: 1,
  },
  {
    form: "padding in numbers",
    x: [2, 7, 7, 2],
    w: 3,
    stride: 2,
    pad: 2,
    dilation: 1,
  },
  { form: "dilation", x: [1, 9, 8, 2], w: 3, stride: 1, pad: 2, dilation: 2 },
  {
    form: "wide filter",
    x: [2, 16, 12, 2],
    w: 16,
    stride: 2,
    pad: 7,
    dilation: 1,
  },
  {
    form: "wide filter, last rows unread",
    x: [1, 13, 12, 2],
    w: 9,
    stride: 3,
    pad: 3,
    dilation: 1,
  },
  {
    form: "wide filter without padding",
    x: [1, 20, 20, 1],
    w: 12,
    stride: 4,
    pad: 0,
    dilation: 1,
  },
] as const;

function wave(shape: readonly number[], frequency: number): tf.Tensor4D {
  const count = shape.reduce((product, side) => product * side, 1);
  const values = Float32Array.from(
    { length: count },
    (_, at) => Math.sin(frequency * at + 0.5),
  );
  return tf.tensor(values, [...shape] as number[]) as tf.Tensor as tf.Tensor4D;
}

type Case = typeof CASES[number];

/** Output and both gradients on the running engine. */
function computed({ x, w, stride, pad, dilation }: Case): Float32Array[] {
  return tf.tidy(() => {
    const inputs = [wave(x, 0.3), wave([w, w, x[3], 3], 0.7)];
    const convolved = (x: tf.Tensor, w: tf.Tensor) =>
      tf.conv2d(
        x as tf.Tensor4D,
        w as tf.Tensor4D,
        stride,
        pad,
        "NHWC",
        dilation,
        "floor",
      );
    const output = convolved(inputs[0]!, inputs[1]!);
    const gradients = tf.grads((x, w) => tf.sum(tf.square(convolved(x!, w!))))(
      inputs,
    );
    return [output, ...gradients].map((tensor) =>
      tensor.dataSync().slice() as Float32Array
    );
  });
}

for (const one of CASES) {
  testOnTensorflow(`convolution and gradients with ${one.form}`, async () => {
    await startEngine("cpu");
    const wanted = computed(one);
    await startEngine(tensorflow());
    const found = computed(one);
    for (const [k, numbers] of wanted.entries()) {
      const most = numbers.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      assert.equal(found[k]!.length, numbers.length);
      numbers.forEach((want, at) => {
        const off = Math.abs(found[k]![at]! - want) / most;
        assert.ok(off < 1e-5, `result ${k}, ${at}: ${found[k]![at]}, ${want}`);
      });
    }
  });
}
