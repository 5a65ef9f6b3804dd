// Every kernel that this project registers on WASM, forward and gradient, against tfjs's cpu backend on the same inputs.
import assert from "node:assert/strict";
import { startEngine } from "../../lib/engines/engine.ts";
import { bezierActivation } from "../../lib/nn/bezier.ts";
import { groupNormalize } from "../../lib/nn/normalization.ts";
import { tf } from "../../lib/tensor/tf.ts";

await startEngine("cpu");
await startEngine("wasm");

/** Numbers that repeat from run to run. */
function wave(shape: number[], frequency: number): tf.Tensor {
  const size = shape.reduce((product, side) => product * side, 1);
  return tf.tensor(
    Float32Array.from(
      { length: size },
      (_, at) => Math.sin(frequency * at + 0.5),
    ),
    shape,
  );
}

/** Largest difference between what `compute` gives on both backends, over the largest magnitude. */
async function relativeDifference(compute: () => tf.Tensor[]): Promise<number> {
  const results: Float32Array[][] = [];
  for (const backend of ["cpu", "wasm"]) {
    await tf.setBackend(backend);
    const tensors = tf.tidy(compute);
    results.push(tensors.map((tensor) => tensor.dataSync() as Float32Array));
    tf.dispose(tensors);
  }
  let worst = 0;
  for (const [index, expected] of results[0]!.entries()) {
    const found = results[1]![index]!;
    assert.equal(found.length, expected.length);
    const scale = expected.reduce(
      (most, value) => Math.max(most, Math.abs(value)),
      1e-6,
    );
    for (const [at, value] of expected.entries()) {
      worst = Math.max(worst, Math.abs(value - found[at]!) / scale);
    }
  }
  return worst;
}

const CONVOLUTIONS = [
  { x: [2, 7, 6, 5], w: [3, 3, 5, 10], stride: 1, pad: 1, dilation: 1 },
  { x: [2, 8, 8, 4], w: [3, 3, 4, 8], stride: 1, pad: 2, dilation: 2 },
  { x: [1, 9, 9, 3], w: [5, 5, 3, 7], stride: 1, pad: 4, dilation: 2 },
  { x: [2, 8, 8, 5], w: [4, 4, 5, 15], stride: 2, pad: 1, dilation: 1 },
  { x: [1, 16, 16, 9], w: [8, 8, 9, 11], stride: 2, pad: 3, dilation: 1 },
  { x: [1, 7, 7, 3], w: [3, 3, 3, 4], stride: 2, pad: 1, dilation: 1 },
  { x: [1, 1, 1, 1], w: [3, 3, 1, 1], stride: 1, pad: 1, dilation: 1 },
] as const;

for (const { x, w, stride, pad, dilation } of CONVOLUTIONS) {
  Deno.test(`gradients of conv2d ${x} by ${w}, stride ${stride}, dilation ${dilation}`, async () => {
    const difference = await relativeDifference(() => {
      const input = wave([...x], 0.31) as tf.Tensor4D;
      const filter = wave([...w], 0.17) as tf.Tensor4D;
      const convolve = (a: tf.Tensor, b: tf.Tensor) =>
        tf.conv2d(
          a as tf.Tensor4D,
          b as tf.Tensor4D,
          stride,
          pad,
          "NHWC",
          dilation,
        );
      const y = convolve(input, filter);
      return [y, ...tf.grads(convolve)([input, filter], wave(y.shape, 0.7))];
    });
    assert.ok(difference < 1e-5, `relative difference ${difference}`);
  });
}

/** A convolution written as a sum over taps, with gradients that tfjs derives from slices and products. */
function convByTaps(
  x: tf.Tensor4D,
  w: tf.Tensor4D,
  pad: number,
  dilation: number,
): tf.Tensor {
  const padded = tf.pad(x, [[0, 0], [pad, pad], [pad, pad], [0, 0]]);
  const [kernel, , inputs, outputs] = w.shape;
  const reach = (kernel - 1) * dilation;
  const [batch, height, width] = padded.shape;
  const [rows, columns] = [height - reach, width - reach];
  const taps = [];
  for (let i = 0; i < kernel; i++) {
    for (let j = 0; j < kernel; j++) {
      const part = tf.slice(padded, [0, i * dilation, j * dilation, 0], [
        batch,
        rows,
        columns,
        inputs,
      ]);
      const tap = tf.reshape(
        tf.slice(w, [i, j, 0, 0], [1, 1, inputs, outputs]),
        [inputs, outputs],
      );
      taps.push(tf.matMul(tf.reshape(part, [-1, inputs]), tap));
    }
  }
  return tf.reshape(tf.addN(taps), [batch, rows, columns, outputs]);
}

Deno.test("the dilated gradient equals that of a sum over taps", async () => {
  await tf.setBackend("wasm");
  tf.tidy(() => {
    const x = wave([2, 8, 7, 4], 0.31) as tf.Tensor4D;
    const w = wave([3, 3, 4, 8], 0.17) as tf.Tensor4D;
    const ours = (a: tf.Tensor, b: tf.Tensor) =>
      tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 2, "NHWC", 2);
    const taps = (a: tf.Tensor, b: tf.Tensor) =>
      convByTaps(a as tf.Tensor4D, b as tf.Tensor4D, 2, 2);
    const dy = wave(ours(x, w).shape, 0.7);
    const expected = tf.grads(taps)([x, w], dy);
    for (const [index, gradient] of tf.grads(ours)([x, w], dy).entries()) {
      const worst = tf.max(tf.abs(tf.sub(gradient, expected[index]!)))
        .dataSync()[0]!;
      assert.ok(worst < 1e-4, `gradient ${index} differs by ${worst}`);
    }
  });
});

const TRANSPOSED = [
  { x: [2, 4, 4, 6], w: [4, 4, 10, 6], out: [2, 8, 8, 10], pad: 1 },
  { x: [1, 3, 5, 4], w: [16, 16, 5, 4], out: [1, 6, 10, 5], pad: 7 },
  { x: [1, 2, 2, 8], w: [2, 2, 4, 8], out: [1, 4, 4, 4], pad: 0 },
] as const;

for (const { x, w, out, pad } of TRANSPOSED) {
  Deno.test(`conv2dTranspose ${x} by ${w} and its gradients`, async () => {
    const difference = await relativeDifference(() => {
      const input = wave([...x], 0.31) as tf.Tensor4D;
      const filter = wave([...w], 0.17) as tf.Tensor4D;
      const grow = (a: tf.Tensor, b: tf.Tensor) =>
        tf.conv2dTranspose(
          a as tf.Tensor4D,
          b as tf.Tensor4D,
          [...out],
          2,
          pad,
        );
      return [
        grow(input, filter),
        ...tf.grads(grow)([input, filter], wave([...out], 0.7)),
      ];
    });
    assert.ok(difference < 1e-5, `relative difference ${difference}`);
  });
}

for (const points of ["silu", "none"] as const) {
  for (const features of [1, 3, 4, 18]) {
    Deno.test(`bezierActivation ${points}, ${features} features, and its gradient`, async () => {
      const difference = await relativeDifference(() => {
        const x = tf.mul(wave([2, 3, 5 * features], 1.7), 6);
        const curve = (a: tf.Tensor) => bezierActivation(a, points);
        return [curve(x), tf.grad(curve)(x, wave([2, 3, features], 0.7))];
      });
      assert.ok(difference < 2e-6, `relative difference ${difference}`);
    });
  }
}

for (const groups of [1, 2, 6]) {
  Deno.test(`groupNormalize with ${groups} groups and its gradient`, async () => {
    const difference = await relativeDifference(() => {
      const x = wave([2, 5, 4, 12], 0.9);
      const normalize = (a: tf.Tensor) =>
        groupNormalize(a as tf.Tensor4D, groups);
      return [normalize(x), tf.grad(normalize)(x, wave([2, 5, 4, 12], 0.7))];
    });
    assert.ok(difference < 1e-5, `relative difference ${difference}`);
  });
}

Deno.test("gather's gradient sums rows by segment", async () => {
  const difference = await relativeDifference(() => {
    const table = wave([6, 3], 0.4);
    const ids = tf.tensor1d([5, 0, 5, 2], "int32");
    return [tf.grad((a) => tf.gather(a, ids))(table, wave([4, 3], 0.7))];
  });
  assert.ok(difference < 1e-6, `relative difference ${difference}`);
});

const PRODUCTS = [
  { a: [5, 3], b: [3, 4], flags: [false, false] },
  { a: [3, 9], b: [3, 17], flags: [true, false] },
  { a: [8, 6], b: [11, 6], flags: [false, true] },
  { a: [2, 5, 3], b: [2, 4, 5], flags: [true, true] },
  { a: [2, 3, 7, 4], b: [2, 3, 4, 16], flags: [false, false] },
  { a: [1, 6, 4], b: [3, 4, 8], flags: [false, false] },
  { a: [3, 6, 4], b: [1, 4, 1], flags: [false, false] },
  { a: [1, 1], b: [1, 1], flags: [false, false] },
] as const;

for (const { a, b, flags } of PRODUCTS) {
  Deno.test(`matMul ${a} by ${b}, transposed ${flags}, and its gradients`, async () => {
    const difference = await relativeDifference(() => {
      const left = wave([...a], 0.4);
      const right = wave([...b], 0.3);
      const product = (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, ...flags);
      const result = product(left, right);
      // tfjs has no gradient where one matrix is repeated over a batch.
      if (a.length > 2 && a[0] !== b[0]) return [result];
      return [
        result,
        ...tf.grads(product)([left, right], wave(result.shape, 0.7)),
      ];
    });
    assert.ok(difference < 1e-5, `relative difference ${difference}`);
  });
}

Deno.test("gradients leave no tensor behind", async () => {
  await tf.setBackend("wasm");
  const x = wave([1, 8, 8, 5], 0.3) as tf.Tensor4D;
  const w = wave([4, 4, 5, 10], 0.2) as tf.Tensor4D;
  const step = () => {
    tf.dispose(
      tf.grads((a, b) => {
        const y = tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, 1);
        return bezierActivation(groupNormalize(y, 2), "silu");
      })([x, w]),
    );
  };
  step();
  const before = tf.memory().numTensors;
  step();
  assert.equal(tf.memory().numTensors, before);
  tf.dispose([x, w]);
});
