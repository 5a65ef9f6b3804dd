// The suite is complete: whatever kernel the models' training steps ask for has a row in the table.
import assert from "node:assert/strict";
import { EMBEDDED_ENGINE } from "../../lib/engine_setup/engine_choice.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { tensorflow, testOnTensorflow } from "../support/tensorflow_library.ts";
import { recordKernels } from "./kernel_recorder.ts";
import { runModelSteps } from "./model_steps.ts";
import { checkedKernels } from "./suite.ts";

Deno.test("every kernel that the models' steps ask wasm for has cases", async () => {
  await startEngine("wasm");
  const asked = await recordKernels(() => runModelSteps(EMBEDDED_ENGINE));
  const known = checkedKernels();
  assert.ok(
    asked.size > 60,
    `only ${asked.size} kernels: the steps are too few`,
  );
  assert.deepEqual([...asked].filter((kernel) => !known.has(kernel)), []);
});

testOnTensorflow(
  "every kernel that the models' steps ask TensorFlow for has cases",
  async () => {
    await startEngine(tensorflow());
    const asked = await recordKernels(() => runModelSteps(tensorflow()));
    const known = checkedKernels();
    assert.deepEqual([...asked].filter((kernel) => !known.has(kernel)), []);
  },
);
