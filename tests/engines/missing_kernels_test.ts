// An op that an engine lacks, asked for through tfjs itself.
import assert from "node:assert/strict";
import { StepFailure } from "../../lib/error/failure.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { tensorflow, testOnTensorflow } from "../support/tensorflow_library.ts";

/** Refused with the op, the engine and the other engines as the way out. */
function assertMissing(
  run: () => tf.Tensor,
  op: string,
  engine: string,
): void {
  assert.throws(() => tf.tidy(run), (error) => {
    assert.ok(error instanceof StepFailure, `${error}`);
    assert.equal(
      error.message,
      `Cannot run op "${op}" on engine "${engine}": it has no kernel of that name`,
    );
    assert.match(error.hint ?? "", /^Use another engine, such as --engine /);
    assert.ok(!error.hint!.includes(`--engine ${engine}`));
    return true;
  });
}

Deno.test("an op that wasm lacks is named with the way out, and other errors stay as they are", async () => {
  await startEngine("wasm");
  const turned = () => tf.einsum("ij->ji", tf.ones([2, 3]));
  assertMissing(turned, "Einsum", "wasm");
  // Twice started engines explain once.
  await startEngine("wasm");
  assertMissing(turned, "Einsum", "wasm");
  assert.throws(() => tf.tidy(() => tf.add(tf.ones([2]), tf.ones([3]))), {
    name: "Error",
  });
  assert.equal(tf.memory().numTensors, 0);
});

testOnTensorflow(
  "an op that the TensorFlow engine lacks is named with the way out",
  async () => {
    await startEngine(tensorflow());
    const turned = () =>
      tf.image.rotateWithOffset(tf.ones([1, 2, 2, 1]) as tf.Tensor4D, 1);
    assertMissing(turned, "RotateWithOffset", "tensorflow");
  },
);
