// A train step's YAML keys as the options of the learning tower: the one place where they change case.
import type { TrainStep } from "../catalog/pipeline.ts";
import { findMetric } from "../metrics/vocabulary.ts";
import type { RetentionPolicy } from "../checkpoint/retention.ts";
import type { BuiltComponent } from "../blueprint/model_specs.ts";
import type { GroupName } from "../train/parameter_group.ts";
import type { Transition } from "../train/transition.ts";
import type { VaeLossOptions } from "../train/vae_trainer.ts";

/** Components that each optimizer of this version trains. */
export const GROUP_COMPONENTS: Readonly<
  Record<Exclude<GroupName, "discriminator">, readonly BuiltComponent[]>
> = {
  vae: ["compressor", "expander"],
  flow: ["flow_processor"],
  text_encoder: ["text_encoder"],
};

/** The optimizers of a step, in a fixed order. */
export function groupNames(step: TrainStep): (keyof typeof GROUP_COMPONENTS)[] {
  const names = Object.keys(
    GROUP_COMPONENTS,
  ) as (keyof typeof GROUP_COMPONENTS)[];
  return names.filter((name) =>
    step.optimization.optimizers[name] !== undefined
  );
}

/** The components that the step builds, in the order of a picture's way through the model. */
export function builtComponents(step: TrainStep): BuiltComponent[] {
  return step.components.filter((component) => component !== "discriminator");
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

/** Losses of a VAE step. */
export function vaeLossesOf(step: TrainStep): VaeLossOptions {
  return {
    spade: step.train_spade,
    mseWeight: step.mse_weight,
    klBeta: step.kl_beta,
    klWarmupSteps: step.kl_warmup_steps,
    klFreeBits: step.kl_free_bits,
  };
}

/** The vocabulary's own name of a metric that may be written by one of FluxFlow's. */
export function metricName(name: string): string {
  return findMetric(name)?.name ?? name;
}
