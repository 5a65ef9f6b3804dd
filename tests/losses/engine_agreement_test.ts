// Every loss and its gradient on the engine that trains, against tfjs's plain one.
import assert from "node:assert/strict";
import { type PlainEngine, startEngine } from "../../lib/engines/engine.ts";
import {
  colourStatisticsLoss,
  contrastLoss,
} from "../../lib/losses/image_statistics.ts";
import { klDivergence } from "../../lib/losses/kl_divergence.ts";
import { reconstructionLoss } from "../../lib/losses/reconstruction.ts";
import { tf } from "../../lib/tensor/tf.ts";

type Loss = (predicted: tf.Tensor4D, target: tf.Tensor4D) => tf.Scalar;

const LOSSES: Readonly<Record<string, Loss>> = {
  "reconstructionLoss()": (x, y) =>
    reconstructionLoss(x, y, { mse_weight: 0.1 }),
  "colourStatisticsLoss()": colourStatisticsLoss,
  "contrastLoss()": contrastLoss,
  "klDivergence()": (x, y) =>
    klDivergence(x, y, { freeBits: 0.1, reduction: "sum" }),
};

async function valueAndGradient(
  engine: PlainEngine,
  loss: Loss,
): Promise<number[]> {
  await startEngine(engine);
  const before = tf.memory().numTensors;
  const found = tf.tidy(() => {
    const image = (a: number) =>
      tf.tensor4d(
        Float32Array.from({ length: 378 }, (_, j) => Math.sin(a * j * j + a)),
        [2, 9, 7, 3],
      );
    const target = image(0.7);
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
      loss(x as tf.Tensor4D, target)
    )(image(0.3));
    return [...value.dataSync(), ...grad.dataSync()];
  });
  assert.equal(tf.memory().numTensors, before);
  return found;
}

for (const [name, loss] of Object.entries(LOSSES)) {
  Deno.test(`${name} agrees on "wasm" and "cpu"`, async () => {
    const wasm = await valueAndGradient("wasm", loss);
    const cpu = await valueAndGradient("cpu", loss);
    assert.equal(wasm.length, cpu.length);
    const scale = Math.max(...cpu.map(Math.abs));
    wasm.forEach((value, i) => {
      assert.ok(
        Math.abs(value - (cpu[i] ?? NaN)) < 1e-5 * scale,
        `${i}: ${value}, ${cpu[i]}`,
      );
    });
  });
}
