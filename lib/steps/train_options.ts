// A train step's YAML keys as the options of the learning tower: the one place where they change case.
import type { Component } from "../catalog/component.ts";
import type { TrainStep } from "../catalog/pipeline.ts";
import { reconstructs } from "../catalog/training_mode.ts";
import { findMetric } from "../metrics/vocabulary.ts";
import type { RetentionPolicy } from "../checkpoint/retention.ts";
import type { PerceptualDistance } from "../models/perceptual_distance.ts";
import type { DiscriminatorLossOptions } from "../train/discriminator_trainer.ts";
import type { GroupName } from "../train/parameter_group.ts";
import type { Transition } from "../train/transition.ts";
import type { VaeLossOptions } from "../train/vae_losses.ts";

/** Components that each optimizer trains. */
export const GROUP_COMPONENTS: Readonly<
  Record<GroupName, readonly Component[]>
> = {
  vae: ["compressor", "expander"],
  flow: ["flow_processor"],
  text_encoder: ["text_encoder"],
  discriminator: ["discriminator"],
};

/** The optimizers of a step, in a fixed order. */
export function groupNames(step: TrainStep): GroupName[] {
  const names = Object.keys(
    GROUP_COMPONENTS,
  ) as GroupName[];
  return names.filter((name) =>
    step.optimization.optimizers[name] !== undefined
  );
}

/** When the step ends. `max_epochs` beyond `n_epochs` is no longer promise than `n_epochs`. */
export function transitionOf(step: TrainStep): Transition {
  const rule = step.transition_on;
  if (rule.mode === "epoch") {
    return { kind: "after_epochs", epochs: step.n_epochs };
  }
  return {
    kind: "metric_reaches",
    metric: metricName(rule.metric),
    threshold: rule.threshold,
    direction: rule.direction,
    window: rule.window,
    maxEpochs: Math.min(rule.max_epochs, step.n_epochs),
  };
}

/** Which generations the step keeps. */
export function retentionOf(step: TrainStep): RetentionPolicy {
  const { keep_last, keep_best } = step.checkpoint;
  if (keep_best === null) return { keepLast: keep_last, keepBest: null };
  const lowerIsBetter = findMetric(keep_best.metric)?.direction !== "higher";
  return {
    keepLast: keep_last,
    keepBest: { count: keep_best.count, lowerIsBetter },
  };
}

/** Losses of compressor and expander; `distance` where the step has a perceptual loss. */
export function vaeLossesOf(
  step: TrainStep,
  distance: PerceptualDistance | null,
): VaeLossOptions {
  return {
    spade: step.decode_spade,
    reconstructs: reconstructs(step),
    mseWeight: step.mse_weight,
    klBeta: step.kl_beta,
    klWarmupSteps: step.kl_warmup_steps,
    klFreeBits: step.kl_free_bits,
    adversarial: step.gan_training ? step.lambda_adv : null,
    perceptual: distance === null
      ? null
      : { weight: step.lambda_lpips, distance },
    balanced: step.adaptive_weights,
  };
}

/** Losses of the discriminator. */
export function discriminatorLossesOf(
  step: TrainStep,
): DiscriminatorLossOptions {
  return {
    spade: step.decode_spade,
    r1Gamma: step.r1_gamma,
    r1Interval: step.r1_interval,
    noiseStd: step.instance_noise_std,
    noiseDecay: step.instance_noise_decay,
  };
}

/** The vocabulary's own name of a metric that may be written by one of FluxFlow's. */
export function metricName(name: string): string {
  return findMetric(name)?.name ?? name;
}
