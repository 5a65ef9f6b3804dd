import assert from "node:assert/strict";
import { startEngine } from "../../lib/engines/engine.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { GatheredGradients } from "../../lib/train/gathered_gradients.ts";

await startEngine("wasm");

Deno.test("GatheredGradients takes the mean, counts a missing gradient as zero, and leaks nothing", () => {
  const before = tf.memory().numTensors;
  using gathered = new GatheredGradients();
  assert.equal(gathered.takeMean(), null);
  gathered.add(new Map([["a", tf.tensor1d([1, 2])]]), 1);
  gathered.add(
    new Map([["a", tf.tensor1d([3, 6])], ["b", tf.tensor1d([2])]]),
    4,
  );
  const mean = gathered.takeMean()!;
  assert.deepEqual([...mean.gradients.get("a")!.dataSync()], [2, 4]);
  assert.deepEqual([...mean.gradients.get("b")!.dataSync()], [1]);
  assert.deepEqual([mean.loss, mean.batches], [2.5, 2]);
  tf.dispose([...mean.gradients.values()]);
  assert.equal(gathered.takeMean(), null);
  gathered.add(new Map([["a", tf.tensor1d([1])]]), 1);
  gathered[Symbol.dispose]();
  assert.equal(tf.memory().numTensors, before);
});
