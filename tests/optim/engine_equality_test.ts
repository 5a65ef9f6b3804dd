// The update rules run outside the engine, so two engines that agree on the gradients agree on every byte of weights and state.
import assert from "node:assert/strict";
import { type PlainEngine, startEngine } from "../../lib/engines/engine.ts";
import { clipByGlobalNorm } from "../../lib/optim/clipping.ts";
import {
  createOptimizer,
  disposeOptimizerState,
} from "../../lib/optim/optimizer.ts";
import {
  OPTIMIZER_TYPES,
  type OptimizerType,
} from "../../lib/optim/optimizer_options.ts";
import {
  disposeAverage,
  startAverage,
  updateAverage,
} from "../../lib/optim/parameter_average.ts";
import { tf } from "../../lib/tensor/tf.ts";

async function bytesAfter(
  engine: PlainEngine,
  type: OptimizerType,
): Promise<number[][]> {
  await startEngine(engine);
  const before = tf.memory().numTensors;
  const optimizer = createOptimizer({
    type,
    lr: 0.1,
    momentum: 0.9,
    weight_decay: 0.01,
  });
  const start = tf.tensor([[0.1, -0.2], [0.3, 4]]);
  const weights = tf.variable(start);
  const parameters = new Map([["w", weights]]);
  let state = optimizer.init(parameters);
  let average = startAverage(parameters, 0.9);
  for (let k = 0; k < 5; k++) {
    const values = Float32Array.from(
      { length: 4 },
      (_, i) => Math.sin(3 * k + i),
    );
    const { grads } = await clipByGlobalNorm(
      new Map([["w", tf.tensor(values, [2, 2])]]),
      0.7,
    );
    state = optimizer.apply(parameters, grads, state, 0.1 / (k + 1));
    grads.forEach((gradient) => gradient.dispose());
    average = updateAverage(average, parameters);
  }
  const all = [weights, ...state.tensors.values(), ...average.tensors.values()];
  const found = all.map((tensor) => [...tensor.dataSync()]);
  disposeOptimizerState(state);
  disposeAverage(average);
  weights.dispose();
  start.dispose();
  assert.equal(tf.memory().numTensors, before);
  return found;
}

for (const type of OPTIMIZER_TYPES) {
  Deno.test(`Optimizer.apply() gives the same bytes on "wasm" and "cpu" with ${type}`, async () => {
    assert.deepEqual(
      await bytesAfter("wasm", type),
      await bytesAfter("cpu", type),
    );
  });
}
