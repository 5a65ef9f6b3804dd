// Which metrics a train step writes: a transition that watches another one would never come.
import type { TrainStep } from "../catalog/pipeline.ts";
import { reconstructs } from "../catalog/training_mode.ts";
import { findMetric, METRICS } from "../metrics/vocabulary.ts";
import { didYouMean } from "../source/suggestion.ts";

/** The keys of a train step that decide what it measures. */
type MeasuringKeys =
  & Pick<
    TrainStep,
    | "train_vae"
    | "gan_training"
    | "train_spade"
    | "use_lpips"
    | "adaptive_weights"
    | "r1_gamma"
    | "train_diff"
    | "train_diff_full"
    | "eval_dataset"
  >
  & {
    readonly freeze: readonly string[];
    readonly optimization: {
      readonly optimizers: Readonly<Record<string, unknown>>;
    };
  };

const COMMON = ["loss", "skipped_updates"];
const OF_RECONSTRUCTION = [
  "recon_loss",
  "vae_loss",
  "color_stats",
  "hist_loss",
  "contrast_loss",
];
const OF_PERCEPTION = ["lpips_loss"];
const OF_VAE = [
  "recon_l1",
  "kl_loss",
  "kl_beta",
  "grad_norm_vae",
  "val_recon_l1",
];
const OF_BALANCE = ["weight_recon", "weight_kl", "weight_gan"];
const OF_GENERATOR = ["g_loss"];
const OF_DISCRIMINATOR = ["d_loss", "r1_penalty", "grad_norm_discriminator"];
const OF_FLOW = ["flow_loss", "grad_norm_flow", "val_flow_loss"];
const OF_TEXT = ["grad_norm_text_encoder"];

/** Names of the metrics in the rows of `metrics.jsonl`; a test compares them with what the trainers write. */
export function measuredMetrics(step: MeasuringKeys): string[] {
  const isFlow = step.train_diff || step.train_diff_full;
  const isText = isFlow && "text_encoder" in step.optimization.optimizers &&
    !step.freeze.includes("text_encoder");
  const hasGenerator = step.gan_training && !standsStill(step);
  const isVae = reconstructs(step) || hasGenerator;
  const hasPenalty = step.r1_gamma > 0;
  const own = [
    ...(reconstructs(step) ? OF_RECONSTRUCTION : []),
    ...(reconstructs(step) && step.use_lpips ? OF_PERCEPTION : []),
    ...(isVae ? OF_VAE : []),
    ...(isVae && step.adaptive_weights ? OF_BALANCE : []),
    ...(hasGenerator ? OF_GENERATOR : []),
    ...(step.gan_training ? OF_DISCRIMINATOR : []),
    ...(isFlow ? OF_FLOW : []),
    ...(isText ? OF_TEXT : []),
  ];
  return [...COMMON, ...own].filter((name) =>
    (step.eval_dataset !== null || !name.startsWith("val_")) &&
    (hasPenalty || name !== "r1_penalty")
  );
}

/** Whether the discriminator of the step learns against a VAE that does not change. */
function standsStill({ train_vae, freeze }: MeasuringKeys): boolean {
  return !train_vae && freeze.includes("compressor") &&
    freeze.includes("expander");
}

/** Why a step does not measure a metric, or undefined where it does. */
export function metricFault(
  metric: string,
  step: MeasuringKeys,
): string | undefined {
  const name = findMetric(metric)?.name;
  if (name === undefined) {
    const names = METRICS.flatMap((
      { name, aliases = [] },
    ) => [name, ...aliases]);
    return `there is no such metric${didYouMean(metric, names)}`;
  }
  if (name.startsWith("val_") && step.eval_dataset === null) {
    return 'the step has no "eval_dataset" to measure it on';
  }
  const measured = measuredMetrics(step);
  if (measured.includes(name)) return undefined;
  if (OF_DISCRIMINATOR.includes(name) && !step.gan_training) {
    return "the step does not train a discriminator";
  }
  if (OF_GENERATOR.includes(name)) {
    return step.gan_training
      ? "the step trains the discriminator alone"
      : "the step does not train a discriminator";
  }
  if (OF_PERCEPTION.includes(name) && reconstructs(step)) {
    return "the step has no perceptual loss (`use_lpips`)";
  }
  if (OF_RECONSTRUCTION.includes(name) && measured.includes("kl_loss")) {
    return "the step does not train to reconstruct";
  }
  if ([...OF_VAE, ...OF_RECONSTRUCTION, ...OF_PERCEPTION].includes(name)) {
    return "the step does not train compressor and expander";
  }
  if (OF_FLOW.includes(name)) {
    return "the step does not train the flow processor";
  }
  if (OF_TEXT.includes(name)) return "the step does not train the text encoder";
  return `no step of this version measures it; this one measures ${
    measured.join(", ")
  }`;
}
