// A train step on TensorFlow: stopped and started again ends with the same bytes, and a step begun elsewhere says so.
import assert from "node:assert/strict";
import { EMBEDDED_ENGINE } from "../../../lib/engine_setup/engine_choice.ts";
import type { NodeBackend } from "../../../lib/engines/tensorflow/native_ops.ts";
import { tf } from "../../../lib/tensor/tf.ts";
import {
  tensorflow,
  testOnTensorflow,
} from "../../support/tensorflow_library.ts";
import {
  flowStep,
  requestOf,
  stateOf,
  TinyProject,
  train,
  vaeStep,
} from "../../train/tiny_step.ts";

testOnTensorflow(
  "trainBody() on TensorFlow, stopped after a batch and started again, ends with the same bytes",
  async () => {
    using project = new TinyProject();
    const requestIn = (folder: string) => ({
      ...requestOf(project, vaeStep(), { folder }),
      engine: tensorflow(),
    });
    const whole = project.folder("whole");
    await train(requestIn(whole));
    for (const at of [1, 3, 6]) {
      const folder = project.folder(`stopped-${at}`);
      const first = await train(
        requestIn(folder),
        (done, stop) => done === at && stop(),
      );
      assert.equal(first.outcome, "stopped");
      assert.equal((await train(requestIn(folder))).outcome, "done");
      assert.deepEqual(stateOf(folder), stateOf(whole), `batch ${at}`);
    }
  },
);

testOnTensorflow(
  "trainBody() on TensorFlow ends a flow step, whose gradients are one function, with the same bytes when stopped, and leaves no tensor behind",
  async () => {
    using project = new TinyProject();
    const vae = project.folder("vae");
    const shared = requestOf(project, vaeStep({ n_epochs: 1 }), {
      folder: vae,
    });
    await train({ ...shared, engine: tensorflow() });
    const rates = { type: "AdamW", lr: 1e-3 };
    const step = flowStep({
      trains: ["flow_processor", "text_encoder"],
      frozen: ["compressor", "expander"],
      optimization: {
        optimizers: { flow: rates, text_encoder: rates },
        schedulers: {},
      } as never,
    });
    const requestIn = (folder: string) => ({
      ...requestOf(project, step, { folder, inputs: { vae } }),
      engine: tensorflow(),
    });
    const whole = project.folder("whole");
    const counts: number[][] = [];
    await train(requestIn(whole), () => {
      const { binding } = tf.backend() as NodeBackend;
      counts.push([tf.memory().numTensors, binding.getNumOfTensors()]);
    });
    // Both sizes of a batch have come by then.
    assert.ok(counts.length > 6);
    assert.deepEqual(new Set(counts.slice(4).map(String)).size, 1, `${counts}`);
    const folder = project.folder("stopped");
    const first = await train(
      requestIn(folder),
      (done, stop) => done === 2 && stop(),
    );
    assert.equal(first.outcome, "stopped");
    assert.equal((await train(requestIn(folder))).outcome, "done");
    assert.deepEqual(stateOf(folder), stateOf(whole));
  },
);

testOnTensorflow(
  "trainBody() goes on with what another engine began, says so and records both",
  async () => {
    using project = new TinyProject();
    const folder = project.folder("both");
    const request = requestOf(project, vaeStep(), { folder });
    await train(
      { ...request, engine: EMBEDDED_ENGINE },
      (done, stop) => done === 3 && stop(),
    );
    const second = await train({ ...request, engine: tensorflow() });
    assert.equal(second.outcome, "done");
    const { numericClass } = tensorflow();
    assert.ok(
      second.warnings.some((line) =>
        line.startsWith(`engine ${numericClass} goes on with what wasm began`)
      ),
      second.warnings.join("\n"),
    );
    const state = JSON.parse(stateOf(folder)["state"] as string);
    assert.deepEqual(state.engines, ["wasm", numericClass]);
  },
);
