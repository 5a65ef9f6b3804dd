// Guidance from one doubled pass against two passes by hand.
import assert from "node:assert/strict";
import { startEngine } from "../../lib/engines/engine.ts";
import { buildModel, predictVelocity } from "../../lib/models/flux_model.ts";
import { guidedVelocity } from "../../lib/sampling/guidance.ts";
import { modelOptionsFrom } from "../../lib/blueprint/section_options.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { TINY_MODEL } from "../train/tiny_step.ts";

await startEngine("wasm");

Deno.test("guidedVelocity() is v_negative + scale (v_caption - v_negative), and leaks nothing", async () => {
  using model = buildModel(modelOptionsFrom(TINY_MODEL), {
    components: ["flow_processor"],
    seed: 3,
  });
  const grid = { height: 2, width: 2 };
  const latent = tf.randomNormal([2, 4, 4], 0, 1, "float32", 1) as tf.Tensor3D;
  const text = tf.randomNormal([2, 8], 0, 1, "float32", 2) as tf.Tensor2D;
  const negative = tf.zeros([2, 8]) as tf.Tensor2D;
  const time = tf.fill([2], 500) as tf.Tensor1D;
  const withCaption = predictVelocity(model, latent, { ...grid, text, time });
  const without = predictVelocity(model, latent, {
    ...grid,
    text: negative,
    time,
  });
  const [caption, none] = [await withCaption.data(), await without.data()];
  const before = tf.memory().numTensors;
  for (const scale of [0, 1, 0.5, 5]) {
    const guided = guidedVelocity(model, { grid, text, negative, scale })(
      latent,
      500,
    );
    const found = await guided.data();
    guided.dispose();
    found.forEach((value, at) => {
      const wanted = none[at]! + scale * (caption[at]! - none[at]!);
      assert.ok(Math.abs(value - wanted) < 1e-4, `scale ${scale}, at ${at}`);
    });
  }
  assert.equal(tf.memory().numTensors, before);
  tf.dispose([latent, text, negative, time, withCaption, without]);
});
