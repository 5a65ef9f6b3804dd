// Maps with a written-out gradient, on every engine that runs here, against the plain formula's value and gradient by tfjs.
import assert from "node:assert/strict";
import { startEngine } from "../../lib/engines/engine.ts";
import { attend } from "../../lib/nn/attention.ts";
import { affine } from "../../lib/nn/linear.ts";
import { groupNormalize, layerNormalize } from "../../lib/nn/normalization.ts";
import { silu } from "../../lib/nn/silu.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { tensorflow, testOnTensorflow } from "../support/tensorflow_library.ts";

type Map = (...inputs: tf.Tensor[]) => tf.Tensor;

interface Case {
  readonly shapes: readonly (readonly number[])[];
  readonly ours: Map;
  readonly plain: Map;
}

const CASES: Readonly<Record<string, Case>> = {
  "affine() of rows": {
    shapes: [[5, 3], [3, 7], [7]],
    ours: (x, w, b) => affine(x!, w as tf.Tensor2D, b as tf.Tensor1D),
    plain: (x, w, b) => tf.add(tf.matMul(x!, w!), b!),
  },
  "affine() of a map": {
    shapes: [[2, 3, 1, 5], [5, 9], [9]],
    ours: (x, w, b) => affine(x!, w as tf.Tensor2D, b as tf.Tensor1D),
    plain: (x, w, b) =>
      tf.reshape(
        tf.add(tf.matMul(tf.reshape(x!, [6, 5]), w!), b!),
        [2, 3, 1, 9],
      ),
  },
  "attend()": {
    shapes: [[2, 3, 5, 4], [2, 3, 6, 4], [2, 3, 6, 4]],
    ours: (q, k, v) =>
      attend(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, mask()),
    plain: (q, k, v) => {
      const scores = tf.mul(tf.matMul(q!, k!, false, true), 0.5);
      return tf.matMul(tf.softmax(tf.add(scores, mask())), v!);
    },
  },
  "layerNormalize()": {
    shapes: [[3, 2, 7]],
    ours: (x) => layerNormalize(x!, 1e-3),
    plain: (x) => normalized(x!, [2], 1e-3),
  },
  "groupNormalize()": {
    shapes: [[2, 3, 2, 6]],
    ours: (x) => groupNormalize(x as tf.Tensor4D, 3),
    plain: (x) =>
      tf.reshape(
        normalized(tf.reshape(x!, [2, 6, 3, 2]), [1, 3], 1e-5),
        [2, 3, 2, 6],
      ),
  },
  "silu()": {
    shapes: [[4, 3]],
    ours: (x) => silu(x!),
    plain: (x) => tf.mul(x!, tf.sigmoid(x!)),
  },
};

function mask(): tf.Tensor4D {
  const values = [0, -1e9, 0, 0, 0, 0, 0, 0, 0, 0, -1e9, -1e9];
  return tf.tensor(values, [2, 1, 1, 6]) as tf.Tensor4D;
}

function normalized(x: tf.Tensor, axes: number[], epsilon: number): tf.Tensor {
  const { mean, variance } = tf.moments(x, axes, true);
  return tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon)));
}

function wave(shape: readonly number[], phase: number): tf.Tensor {
  const count = shape.reduce((product, side) => product * side, 1);
  const values = Float32Array.from(
    { length: count },
    (_, at) => Math.sin(1.3 * at + phase),
  );
  return tf.tensor(values, [...shape] as number[]);
}

/** The value, then the gradient of each input, under a weight of its own for each number. */
function computed(map: Map, shapes: Case["shapes"]): Float32Array[] {
  return tf.tidy(() => {
    const inputs = shapes.map((shape, k) => wave(shape, k));
    const value = map(...inputs);
    const weights = wave(value.shape, 0.4);
    const gradients = tf.grads((...xs: tf.Tensor[]) =>
      tf.sum(tf.mul(map(...xs), weights))
    )(inputs);
    return [value, ...gradients].map((tensor) =>
      tensor.dataSync().slice() as Float32Array
    );
  });
}

async function assertLikePlain({ shapes, ours, plain }: Case): Promise<void> {
  const before = tf.memory().numTensors;
  const found = computed(ours, shapes);
  assert.equal(tf.memory().numTensors, before);
  await startEngine("cpu");
  const wanted = computed(plain, shapes);
  for (const [k, numbers] of wanted.entries()) {
    assert.equal(found[k]!.length, numbers.length);
    numbers.forEach((want, at) => {
      const off = Math.abs(found[k]![at]! - want);
      assert.ok(off < 1e-5, `result ${k}, ${at}: ${found[k]![at]}, ${want}`);
    });
  }
}

for (const [name, one] of Object.entries(CASES)) {
  for (const engine of ["cpu", "wasm"] as const) {
    Deno.test(`${name} on ${engine} is the plain formula with its gradient`, async () => {
      await startEngine(engine);
      await assertLikePlain(one);
    });
  }
  testOnTensorflow(
    `${name} on tensorflow is the plain formula with its gradient`,
    async () => {
      await startEngine(tensorflow());
      await assertLikePlain(one);
    },
  );
}
