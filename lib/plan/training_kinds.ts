// What a train step does, in FluxFlow's words: the kinds of its dry run.
import type { TrainStep } from "../catalog/pipeline.ts";

/** `VAE (SPADE on) + GAN`, `GAN alone`, `flow + text encoder`. */
export function trainingKinds(step: TrainStep): string {
  const spade = `SPADE ${step.train_spade ? "on" : "off"}`;
  const vae = step.train_vae ? [`VAE (${spade})`] : [];
  const lpips = step.train_vae && step.use_lpips ? ["LPIPS"] : [];
  const gan = step.gan_training
    ? [step.train_vae ? "GAN" : `GAN alone (${spade})`]
    : [];
  const flow = step.trains.includes("flow_processor") ? ["flow"] : [];
  const text = step.trains.includes("text_encoder") ? ["text encoder"] : [];
  const kinds = [...vae, ...lpips, ...gan, ...flow, ...text];
  return kinds.length === 0 && step.train_spade
    ? "SPADE alone"
    : kinds.join(" + ");
}
