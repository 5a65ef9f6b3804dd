// No train step leaves a tensor behind: counted after every batch, by kind of training.
import assert from "node:assert/strict";
import type { TrainStep } from "../../lib/catalog/pipeline.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { ganStep } from "./gan_step.ts";
import {
  flowStep,
  requestOf,
  TinyProject,
  train,
  vaeStep,
} from "./tiny_step.ts";

await startEngine("wasm");

const RATES = { type: "AdamW", lr: 1e-3 } as const;
const CURVE = { type: "CosineAnnealingLR" } as const;

/** Each kind of training; three epochs of two batches, and one that is left over. */
const STEPS: Readonly<Record<string, TrainStep>> = {
  vae: vaeStep(),
  "vae with balanced losses": vaeStep({ adaptive_weights: true }),
  gan: ganStep({ r1_interval: 2, adaptive_weights: true }),
  "GAN alone": ganStep({ train_vae: false }),
  "SPADE alone": vaeStep({
    train_vae: false,
    trains: ["expander"],
    frozen: ["compressor"],
    init_from: { compressor: "vae", expander: "vae" },
  }),
  flow: flowStep(),
  "flow and text encoder": flowStep({
    trains: ["flow_processor", "text_encoder"],
    frozen: ["compressor", "expander"],
    optimization: {
      optimizers: { flow: RATES, text_encoder: RATES },
      schedulers: { flow: CURVE, text_encoder: CURVE },
    } as TrainStep["optimization"],
  }),
};

Deno.test("trainBody() has as many tensors after each batch as after the first ones, whatever it trains", async (t) => {
  using project = new TinyProject(5);
  const vae = project.folder("vae-before");
  await train(requestOf(project, vaeStep({ n_epochs: 1 }), { folder: vae }));
  for (const [name, step] of Object.entries(STEPS)) {
    await t.step(name, async () => {
      const before = tf.memory().numTensors;
      const counts: number[] = [];
      const folder = project.folder(name.replaceAll(" ", "-"));
      const request = requestOf(
        project,
        { ...step, n_epochs: 3 },
        { folder, inputs: { vae } },
      );
      await train(request, () => counts.push(tf.memory().numTensors));
      assert.equal(tf.memory().numTensors, before);
      assert.equal(counts.length, 9);
      assert.equal(new Set(counts.slice(1)).size, 1, counts.join());
    });
  }
});

Deno.test("trainBody() that gathers gradients holds them until their update and no longer", async () => {
  using project = new TinyProject(5);
  const before = tf.memory().numTensors;
  const counts: number[] = [];
  const step = vaeStep({ gradient_accumulation_steps: 2, n_epochs: 3 });
  const request = requestOf(project, step, { folder: project.folder("two") });
  await train(request, () => counts.push(tf.memory().numTensors));
  assert.equal(tf.memory().numTensors, before);
  // Batches 1 and 2 of an epoch make an update, batch 3 makes one alone.
  const gathered = counts.filter((_, at) => at % 3 === 0);
  const updated = counts.filter((_, at) => at % 3 !== 0);
  assert.equal(new Set(gathered).size, 1, counts.join());
  assert.equal(new Set(updated).size, 1, counts.join());
  assert.ok(gathered[0]! > updated[0]!);
});
