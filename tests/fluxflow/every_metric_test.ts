// NX8: a threshold on every metric that FluxFlow accepts ends a step; in the original most of them never could.
import assert from "node:assert/strict";
import type { TrainStep } from "../../lib/catalog/pipeline.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { findMetric } from "../../lib/metrics/vocabulary.ts";
import { ganStep } from "../train/gan_step.ts";
import {
  flowStep,
  requestOf,
  TinyProject,
  train,
  vaeStep,
} from "../train/tiny_step.ts";

await startEngine("wasm");

const OF_GAN = ["discriminator", "generator"];
const OF_VAE = ["vae", "vae_loss", "recon", "recon_loss", "kl", "kl_loss"];
const OF_FLOW = ["flow", "flow_loss"];

/** Ends a step at its first epoch, whatever the loss is. */
function watching(metric: string): Partial<TrainStep> {
  return {
    n_epochs: 3,
    transition_on: {
      mode: "loss_threshold",
      metric,
      threshold: 1e6,
      max_epochs: 3,
      window: 1,
      direction: "below",
    },
  };
}

Deno.test("NX8: a threshold on every metric of the VAE, the game and the flow ends its step", async () => {
  using project = new TinyProject(2);
  const vae = project.folder("vae");
  await train(requestOf(project, vaeStep({ n_epochs: 1 }), { folder: vae }));
  const steps: readonly [string, TrainStep][] = [
    ...OF_GAN.map((name) => [name, ganStep(watching(name))] as const),
    ...OF_VAE.map((name) => [name, vaeStep(watching(name))] as const),
    ...OF_FLOW.map((name) => [name, flowStep(watching(name))] as const),
  ].map(([name, step]) => [name, step]);
  for (const [name, step] of steps) {
    const options = { folder: project.folder(`at-${name}`), inputs: { vae } };
    const { epochs, summary } = await train(requestOf(project, step, options));
    assert.equal(epochs, 1, name);
    const word = findMetric(name)!.name;
    assert.ok(summary!.startsWith(`threshold met: ${word} `), summary);
  }
});
