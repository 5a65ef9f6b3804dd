// The average of weights: its warm-up, its swap, its way through a checkpoint.
import assert from "node:assert/strict";
import { startEngine } from "../../lib/engines/engine.ts";
import { constant } from "../../lib/blueprint/initializers.ts";
import { ParameterList } from "../../lib/blueprint/parameter_list.ts";
import { Parameters } from "../../lib/nn/parameters.ts";
import { RandomStream } from "../../lib/random/random_stream.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { WeightAverage } from "../../lib/train/weight_average.ts";

await startEngine("wasm");
const NAME = "expander.scale";

function oneWeight(): Parameters {
  const list = new ParameterList(
    "expander",
    (name) => RandomStream.of(0, name),
  );
  list.plain("scale", [2], constant(1));
  return Parameters.create(list.specs);
}

function setTo(parameters: Parameters, value: number): void {
  tf.tidy(() => parameters.get(NAME).assign(tf.fill([2], value)));
}

Deno.test("WeightAverage warms up: the first updates follow the weights closely", () => {
  using parameters = oneWeight();
  using average = new WeightAverage(parameters, [NAME], 0.999);
  setTo(parameters, 2);
  average.update();
  // Decay 1/10 of the first update: 0.1 * 1 + 0.9 * 2.
  assert.ok(Math.abs(average.store().get(NAME)!.data[0]! - 1.9) < 1e-6);
  setTo(parameters, 3);
  average.update();
  const second = 2 / 11 * 1.9 + 9 / 11 * 3;
  assert.ok(Math.abs(average.store().get(NAME)!.data[0]! - second) < 1e-6);
});

Deno.test("WeightAverage never exceeds the decay that was asked for", () => {
  using parameters = oneWeight();
  using average = new WeightAverage(parameters, [NAME], 0.05);
  setTo(parameters, 2);
  average.update();
  assert.ok(Math.abs(average.store().get(NAME)!.data[0]! - 1.95) < 1e-6);
});

Deno.test("WeightAverage.during() shows the averages, brings the weights back after an error too, and leaks nothing", async () => {
  using parameters = oneWeight();
  using average = new WeightAverage(parameters, [NAME], 0);
  average.update();
  setTo(parameters, 5);
  const before = tf.memory().numTensors;
  const seen = await average.during(() => parameters.get(NAME).data());
  assert.deepEqual([...seen], [1, 1]);
  await assert.rejects(
    average.during(() => Promise.reject(new Error("stopped"))),
    /stopped/,
  );
  assert.deepEqual([...await parameters.get(NAME).data()], [5, 5]);
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("WeightAverage goes on from stored averages as if it had never stopped", () => {
  using parameters = oneWeight();
  using straight = new WeightAverage(parameters, [NAME], 0.9);
  setTo(parameters, 2);
  straight.update();
  using resumed = new WeightAverage(parameters, [NAME], 0.9);
  resumed.restore(straight.store(), straight.updates);
  setTo(parameters, 4);
  straight.update();
  resumed.update();
  assert.deepEqual(resumed.store(), straight.store());
});
