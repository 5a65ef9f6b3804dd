import assert from "node:assert/strict";
import {
  colourStatisticsLoss,
  contrastLoss,
} from "../../lib/losses/image_statistics.ts";
import { klDivergence } from "../../lib/losses/kl_divergence.ts";
import {
  frequencyWeightedError,
  reconstructionLoss,
} from "../../lib/losses/reconstruction.ts";
import { tf } from "../../lib/tensor/tf.ts";

await tf.setBackend("cpu");

const SHAPE: [number, number, number, number] = [2, 6, 5, 3];
const SIZE = 2 * 6 * 5 * 3;

/** Deterministic and without a pattern that a filter could cancel. */
function numbers(seed: number, scale = 1): Float32Array {
  return Float32Array.from(
    { length: SIZE },
    (_, j) => scale * Math.sin((j + seed) ** 2 * 0.37 + seed),
  );
}

function image(values: Float32Array): tf.Tensor4D {
  return tf.tensor4d(values, SHAPE);
}

type Loss = (predicted: tf.Tensor4D, target: tf.Tensor4D) => tf.Scalar;

const LOSSES: readonly (readonly [string, Loss])[] = [
  ["frequencyWeightedError()", (x, y) => frequencyWeightedError(x, y)],
  [
    "reconstructionLoss()",
    (x, y) => reconstructionLoss(x, y, { mse_weight: 0.3 }),
  ],
  ["colourStatisticsLoss()", colourStatisticsLoss],
  ["contrastLoss()", contrastLoss],
  ["klDivergence() by the mean", (x, y) => klDivergence(x, y)],
  [
    "klDivergence() by the log-variance",
    (x, y) => klDivergence(y, x, { reduction: "sum" }),
  ],
  [
    "klDivergence() above free bits",
    (x, y) => klDivergence(x, y, { freeBits: 0.2 }),
  ],
];

for (const [name, loss] of LOSSES) {
  Deno.test(`${name} has the gradient that finite differences show`, () => {
    const at = numbers(1);
    const target = image(numbers(2, 0.8));
    const value = (values: Float32Array) =>
      tf.tidy(() => loss(image(values), target).dataSync()[0] ?? NaN);
    const gradient = Array.from(
      tf.tidy(() =>
        tf.grad((x: tf.Tensor) => loss(x as tf.Tensor4D, target))(image(at))
          .dataSync()
      ),
    );
    const length = Math.hypot(...gradient);
    assert.ok(length > 1e-3, `gradient norm ${length}`);
    for (const seed of [3, 4, 5, 6]) {
      const direction = numbers(seed);
      const step = 2e-3;
      const moved = (sign: number) =>
        at.map((v, i) => v + sign * step * (direction[i] ?? 0));
      const wanted = (value(moved(1)) - value(moved(-1))) / (2 * step);
      const found = gradient.reduce(
        (sum, g, i) => sum + g * (direction[i] ?? 0),
        0,
      );
      // Float32 losses leave about 1e-4 of rounding in a difference quotient of this step.
      const allowed = 5e-3 * length * Math.hypot(...direction) + 1e-4;
      assert.ok(
        Math.abs(found - wanted) < allowed,
        `along ${seed}: ${found}, wanted ${wanted}`,
      );
    }
  });

  Deno.test(`${name} leaks nothing under a gradient`, () => {
    const predicted = image(numbers(1));
    const target = image(numbers(2));
    const before = tf.memory().numTensors;
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
      loss(x as tf.Tensor4D, target)
    )(predicted);
    assert.equal(tf.memory().numTensors, before + 2);
    value.dispose();
    grad.dispose();
  });
}

for (const [name, loss] of LOSSES) {
  Deno.test(`${name} has a finite gradient on a picture of one colour`, () => {
    const flat = tf.fill(SHAPE, 0.25) as tf.Tensor4D;
    const gradient = tf.tidy(() =>
      tf.grad((x: tf.Tensor) => loss(x as tf.Tensor4D, flat))(flat).dataSync()
    );
    assert.ok(gradient.every(Number.isFinite));
  });
}
