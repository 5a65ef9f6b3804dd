import assert from "node:assert/strict";
import { StoredStateError } from "../../lib/error/failure.ts";
import {
  disposeAverage,
  startAverage,
  updateAverage,
} from "../../lib/optim/parameter_average.ts";
import { tf } from "../../lib/tensor/tf.ts";
import golden from "../fixtures/fluxflow_golden.json" with { type: "json" };

await tf.setBackend("cpu");

Deno.test("updateAverage() follows FluxFlow's average and leaks nothing", () => {
  const before = tf.memory().numTensors;
  const weights = tf.tidy(() => tf.variable(tf.tensor([1])));
  const parameters = new Map([["w", weights]]);
  let average = startAverage(parameters, 0.5);
  const found = [2, 2, 4].map((value) => {
    tf.tidy(() => weights.assign(tf.tensor([value])));
    average = updateAverage(average, parameters);
    return average.tensors.get("w")?.dataSync()[0];
  });
  assert.deepEqual(found, golden["ema(decay .5, init 1, updates 2,2,4)"]);
  disposeAverage(average);
  weights.dispose();
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("startAverage() shares no memory with the parameters", () => {
  const weights = tf.variable(tf.tensor([1, 2]));
  const average = startAverage(new Map([["w", weights]]), 0.9);
  weights.dispose();
  assert.deepEqual([...average.tensors.get("w")?.dataSync() ?? []], [1, 2]);
  disposeAverage(average);
});

Deno.test("updateAverage() names the parameter that is gone", () => {
  const weights = tf.tensor([1]);
  const average = startAverage(new Map([["layer.bias", weights]]), 0.9);
  assert.throws(
    () => updateAverage(average, new Map()),
    (error) =>
      error instanceof StoredStateError &&
      error.message ===
        'Cannot update the average of parameter "layer.bias" of shape [1]: it is missing',
  );
  disposeAverage(average);
  weights.dispose();
});
