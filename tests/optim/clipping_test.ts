import assert from "node:assert/strict";
import { clipByGlobalNorm } from "../../lib/optim/clipping.ts";
import { globalNorm } from "../../lib/optim/numbers.ts";
import { tf } from "../../lib/tensor/tf.ts";

await tf.setBackend("cpu");

function gradients(): Map<string, tf.Tensor> {
  return new Map<string, tf.Tensor>([["a", tf.tensor([[3, 0]])], [
    "b",
    tf.tensor([0, -4]),
  ]]);
}

function dispose(tensors: ReadonlyMap<string, tf.Tensor>): void {
  tensors.forEach((tensor) => tensor.dispose());
}

Deno.test("globalNorm() is the norm over all tensors together", async () => {
  const grads = gradients();
  assert.equal(await globalNorm(grads), 5);
  dispose(grads);
});

Deno.test("globalNorm() refuses a tensor that is not float32", async () => {
  const ids = tf.tensor([1, 2], [2], "int32");
  await assert.rejects(globalNorm(new Map([["ids", ids]])), TypeError);
  ids.dispose();
});

Deno.test("clipByGlobalNorm() scales every gradient by PyTorch's factor and leaks nothing", async () => {
  const before = tf.memory().numTensors;
  const { grads, norm } = await clipByGlobalNorm(gradients(), 1);
  assert.equal(norm, 5);
  assert.deepEqual(grads.get("a")?.shape, [1, 2]);
  const factor = 1 / (5 + 1e-6);
  assert.equal(grads.get("a")?.dataSync()[0], Math.fround(3 * factor));
  assert.equal(grads.get("b")?.dataSync()[1], Math.fround(-4 * factor));
  assert.equal(tf.memory().numTensors, before + 2);
  dispose(grads);
  assert.equal(tf.memory().numTensors, before);
});

for (const bound of [5.1, 0, null]) {
  Deno.test(`clipByGlobalNorm() hands gradients back untouched under a bound of ${bound}`, async () => {
    const given = gradients();
    const { grads, norm } = await clipByGlobalNorm(given, bound);
    assert.equal(grads, given);
    assert.equal(norm, 5);
    dispose(grads);
  });
}

for (const bad of [NaN, Infinity]) {
  Deno.test(`clipByGlobalNorm() reports ${bad} by its norm and scales nothing`, async () => {
    const given = gradients();
    given.set("bad", tf.tensor([1, bad]));
    const { grads, norm } = await clipByGlobalNorm(given, 1);
    assert.equal(Number.isFinite(norm), false);
    assert.equal(grads, given);
    dispose(grads);
  });
}
