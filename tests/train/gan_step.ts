// A small train step against a discriminator, for tests.
import type { TrainStep } from "../../lib/catalog/pipeline.ts";
import { vaeStep } from "./tiny_step.ts";

/** A VAE step against a discriminator. */
export function ganStep(changes: Partial<TrainStep> = {}): TrainStep {
  const entry = { type: "AdamW", lr: 1e-3 } as const;
  const curve = { type: "CosineAnnealingLR" } as const;
  return vaeStep({
    gan_training: true,
    trains: ["compressor", "expander", "discriminator"],
    components: ["compressor", "expander", "discriminator"],
    lambda_adv: 0.5,
    r1_interval: 3,
    r1_gamma: 5,
    instance_noise_std: 0.05,
    instance_noise_decay: 0.9,
    adaptive_weights: false,
    optimization: {
      optimizers: { vae: entry, discriminator: entry },
      schedulers: { vae: curve, discriminator: curve },
    } as TrainStep["optimization"],
    ...changes,
  });
}
