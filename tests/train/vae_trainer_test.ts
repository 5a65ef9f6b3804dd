// Terms of the VAE's loss that depend on each other: one decoded picture for all of them.
import assert from "node:assert/strict";
import type { Batch } from "../../lib/data/batch_stream.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { buildModel } from "../../lib/models/flux_model.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { vaeTrainer } from "../../lib/train/vae_trainer.ts";
import { tinyModel } from "../support/tiny_model.ts";

await startEngine("wasm");

const LOSSES = {
  spade: true,
  reconstructs: true,
  mseWeight: 0.1,
  klBeta: 1e-3,
  klWarmupSteps: 0,
  klFreeBits: 0,
  adversarial: null,
  perceptual: null,
  balanced: false,
};

const BATCH = {
  size: 2,
  height: 8,
  width: 8,
  images: Float32Array.from({ length: 384 }, (_, j) => Math.sin(0.31 * j)),
} as unknown as Batch;

Deno.test("vaeTrainer() decodes a batch once, with and without a discriminator", async () => {
  using model = buildModel(tinyModel(), {
    components: ["compressor", "expander", "discriminator"],
    seed: 1,
  });
  const decodings: number[] = [];
  for (const adversarial of [null, 0.5]) {
    const trainer = vaeTrainer({
      model,
      groups: [],
      seed: 1,
      clippingNorm: 1,
      losses: { ...LOSSES, adversarial },
    });
    using prepared = await trainer.prepare(
      BATCH,
      { trainStep: 0, update: 0 },
      {},
    );
    const profile = await tf.profile(() =>
      tf.tidy(() => prepared.loss().total)
    );
    // The expander alone has transposed convolutions, one per upsampling block.
    decodings.push(
      profile.kernels.filter(({ name }) => name === "Conv2DBackpropInput")
        .length,
    );
  }
  assert.deepEqual(decodings, [2, 2]);
});

Deno.test("vaeTrainer() adds the weighted verdict to the total and nothing else", async () => {
  using model = buildModel(tinyModel(), {
    components: ["compressor", "expander", "discriminator"],
    seed: 1,
  });
  const values: number[][] = [];
  for (const adversarial of [null, 0.5]) {
    const trainer = vaeTrainer({
      model,
      groups: [],
      seed: 1,
      clippingNorm: 1,
      losses: { ...LOSSES, adversarial },
    });
    using prepared = await trainer.prepare(
      BATCH,
      { trainStep: 0, update: 0 },
      {},
    );
    tf.tidy(() => {
      const { total, terms } = prepared.loss();
      values.push([
        total.dataSync()[0]!,
        terms.g_loss?.dataSync()[0] ?? 0,
      ]);
    });
  }
  const [[plain], [total, verdict]] = values as [[number], [number, number]];
  assert.notEqual(verdict, 0);
  assert.ok(Math.abs(total - plain - 0.5 * verdict) < 1e-5);
});
