import assert from "node:assert/strict";
import { trainingKinds } from "../../lib/plan/training_kinds.ts";
import { trainStep } from "./built_pipeline.ts";

Deno.test("trainingKinds() says what a step does, in FluxFlow's words", () => {
  const off = { train_vae: false, train_spade: false, gan_training: false };
  const kinds = [
    {},
    { train_spade: true, gan_training: true, use_lpips: true },
    { ...off, gan_training: true },
    { ...off, trains: ["flow_processor", "text_encoder"] as const },
    { ...off, train_spade: true, trains: ["expander"] as const },
  ].map((changes) => trainingKinds(trainStep("a", changes)));
  assert.deepEqual(kinds, [
    "VAE (SPADE off)",
    "VAE (SPADE on) + LPIPS + GAN",
    "GAN alone (SPADE off)",
    "flow + text encoder",
    "SPADE alone",
  ]);
});
