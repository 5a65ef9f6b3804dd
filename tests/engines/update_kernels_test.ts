// Kernels of an update: WASM's give the bytes of the JavaScript that tfjs's cpu backend runs, TensorFlow's are close, and nothing stays behind.
import assert from "node:assert/strict";
import { startEngine } from "../../lib/engines/engine.ts";
import { clipByGlobalNorm } from "../../lib/optim/clipping.ts";
import { globalNorm } from "../../lib/optim/numbers.ts";
import { createOptimizer } from "../../lib/optim/optimizer.ts";
import {
  startAverage,
  updateAverage,
} from "../../lib/optim/parameter_average.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { tensorflow, testOnTensorflow } from "../support/tensorflow_library.ts";

/** Odd, so that the last number has no neighbour. */
const COUNT = 7;
const UPDATES = 12;

function wave(frequency: number, phase: number): tf.Tensor {
  return tf.tensor(
    Float32Array.from(
      { length: COUNT },
      (_, at) => Math.sin(frequency * at + phase),
    ),
  );
}

/** Weights and average after some clipped updates on the running engine. */
async function trained(type: "Adam" | "AdamW"): Promise<number[]> {
  const optimizer = createOptimizer({ type, lr: 0.01, weight_decay: 0.1 });
  const start = wave(1, 0.2);
  const weights = tf.variable(start);
  start.dispose();
  const parameters = new Map([["w", weights]]);
  let state = optimizer.init(parameters);
  let average = startAverage(parameters, 0.9);
  const before = tf.memory().numTensors;
  for (let k = 0; k < UPDATES; k++) {
    const raw = new Map([["w", wave(0.7, k)]]);
    const { grads } = await clipByGlobalNorm(raw, 0.5);
    state = optimizer.apply(parameters, grads, state, 0.01 / (k + 1));
    tf.dispose([...grads.values()]);
    average = updateAverage(average, parameters);
  }
  assert.equal(tf.memory().numTensors, before);
  const made = [
    weights,
    ...state.tensors.values(),
    ...average.tensors.values(),
  ];
  const numbers = made.flatMap((tensor) => [...tensor.dataSync()]);
  tf.dispose(made);
  return numbers;
}

for (const type of ["Adam", "AdamW"] as const) {
  Deno.test(`${type}, clipping and averages on WASM give JavaScript's bytes`, async () => {
    await startEngine("cpu");
    const wanted = await trained(type);
    await startEngine("wasm");
    assert.deepEqual(await trained(type), wanted);
  });

  testOnTensorflow(
    `${type}, clipping and averages on TensorFlow are close`,
    async () => {
      await startEngine("cpu");
      const wanted = await trained(type);
      await startEngine(tensorflow());
      const found = await trained(type);
      for (const [at, want] of wanted.entries()) {
        const off = Math.abs(found[at]! - want);
        assert.ok(off < 1e-6, `${at}: ${found[at]}, wanted ${want}`);
      }
      assert.deepEqual(await trained(type), found);
    },
  );
}

testOnTensorflow(
  "globalNorm() on TensorFlow is that of all tensors, and not finite when an element is not",
  async () => {
    await startEngine(tensorflow());
    const norm = await globalNorm(
      new Map([["a", tf.tensor([3, 0])], ["b", tf.tensor([[4]])]]),
    );
    assert.ok(Math.abs(norm - 5) < 1e-6);
    const broken = new Map([["a", tf.tensor([1, NaN])], ["b", tf.tensor([1])]]);
    assert.ok(!Number.isFinite(await globalNorm(broken)));
  },
);
