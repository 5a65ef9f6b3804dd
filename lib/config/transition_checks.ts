// When a train step ends, and which metrics it may watch.
import type { StepDraft, StepOptions } from "./step_drafts.ts";
import { findMetric, METRICS } from "../metrics/vocabulary.ts";
import type { Transition } from "../catalog/pipeline.ts";
import { didYouMean } from "../source/suggestion.ts";
import { placeIn } from "./step_drafts.ts";
import type { Report } from "./report.ts";

type TrainOptions = Extract<StepOptions, { task: "train" }>["options"];

/** The transition of a train step, or undefined where it was refused. */
export function resolveTransition(
  draft: StepDraft,
  options: TrainOptions,
  report: Report,
): Transition | undefined {
  const said = options.transition_on;
  if (said.mode === "epoch") return { mode: "epoch" };
  const place = placeIn(draft, "transition_on");
  const start = `Cannot read ${draft.where}: the transition "loss_threshold"`;
  if (said.metric === null) {
    report.error(
      place,
      `${start} names no metric`,
      'Write "metric" into "transition_on"',
    );
  }
  if (said.threshold === null) {
    report.error(
      place,
      `${start} has no threshold`,
      'Write "threshold" into "transition_on"',
    );
  }
  if (said.max_epochs === null) {
    report.error(
      place,
      `${start} has no "max_epochs", so it might never come`,
      'Write "max_epochs" into "transition_on"',
    );
  } else if (said.max_epochs > options.n_epochs) {
    report.error(
      placeIn(draft, "transition_on", "max_epochs"),
      `Cannot read ${draft.where}: "max_epochs" is ${said.max_epochs}, but "n_epochs" ends the step at ${options.n_epochs}`,
      'Lower "max_epochs" or raise "n_epochs"',
    );
  }
  const { metric, threshold, max_epochs, window } = said;
  const direction = metric === null
    ? undefined
    : watchedDirection(draft, options, metric, report);
  if (
    metric === null || threshold === null || max_epochs === null ||
    direction === undefined
  ) return undefined;
  const name = findMetric(metric)?.name ?? metric;
  return {
    mode: "loss_threshold",
    metric: name,
    threshold,
    max_epochs,
    window,
    direction,
  };
}

/** Reports a `keep_best` metric that the step does not measure or that has no better side. */
export function checkKeepBest(
  draft: StepDraft,
  options: TrainOptions,
  report: Report,
): void {
  const metric = options.checkpoint.keep_best?.metric;
  if (metric === undefined) return;
  const path = ["checkpoint", "keep_best", "metric"];
  const fault = metricFault(metric, options);
  const word = findMetric(metric);
  const reason = fault ??
    (word?.direction === null ? "neither side of it is better" : undefined);
  if (reason !== undefined) {
    report.error(
      placeIn(draft, ...path),
      `Cannot keep the best by "${metric}": ${reason}`,
    );
  }
}

function watchedDirection(
  draft: StepDraft,
  options: TrainOptions,
  metric: string,
  report: Report,
): "below" | "above" | undefined {
  const place = placeIn(draft, "transition_on", "metric");
  const fault = metricFault(metric, options);
  if (fault !== undefined) {
    report.error(place, `Cannot watch "${metric}" in ${draft.where}: ${fault}`);
    return undefined;
  }
  if (options.transition_on.direction !== null) {
    return options.transition_on.direction;
  }
  const direction = findMetric(metric)?.direction ?? null;
  if (direction !== null) return direction === "lower" ? "below" : "above";
  report.error(
    place,
    `Cannot watch "${metric}" in ${draft.where}: neither side of it is better`,
    'Write "direction: below" or "direction: above" into "transition_on"',
  );
  return undefined;
}

/** Why a step does not measure a metric, or undefined where it does. */
function metricFault(
  metric: string,
  options: TrainOptions,
): string | undefined {
  const word = findMetric(metric);
  if (word === null) {
    const names = METRICS.flatMap((
      { name, aliases = [] },
    ) => [name, ...aliases]);
    return `there is no such metric${didYouMean(metric, names)}`;
  }
  const hasGenerator = options.gan_training && !standsStill(options);
  const isVae = options.train_vae || options.train_spade || hasGenerator ||
    options.use_lpips;
  const isFlow = options.train_diff || options.train_diff_full;
  const { name } = word;
  if (name.startsWith("val_") && options.eval_dataset === null) {
    return 'the step has no "eval_dataset" to measure it on';
  }
  const plain = name.replace(/^val_/, "");
  if (
    ["d_loss", "g_loss", "r1_penalty", "grad_norm_discriminator"].includes(
      plain,
    ) &&
    !options.gan_training
  ) {
    return "the step does not train a discriminator";
  }
  if (plain === "g_loss" && !hasGenerator) {
    return "the step trains the discriminator alone";
  }
  if (
    ["vae_loss", "recon_loss", "color_stats", "contrast_loss"].includes(
      plain,
    ) && isVae && !options.train_vae
  ) {
    return "the step does not train to reconstruct";
  }
  if (plain === "lpips_loss" && !options.use_lpips) {
    return "the step has no perceptual loss";
  }
  if (["flow_loss", "align_loss", "grad_norm_flow"].includes(plain)) {
    return isFlow ? undefined : "the step does not train the flow processor";
  }
  if (plain === "grad_norm_text_encoder") {
    return "text_encoder" in options.optimization.optimizers
      ? undefined
      : "the step does not train the text encoder";
  }
  if (plain === "loss" || plain === "skipped_updates") return undefined;
  if (
    !name.startsWith("val_") && ["recon_l1", "psnr", "ssim"].includes(plain)
  ) {
    return `it is measured on held-out pictures only, as "val_${plain}"`;
  }
  return isVae ? undefined : "the step does not train compressor and expander";
}

/** Whether the discriminator of the step learns against a VAE that does not change. */
function standsStill({ train_vae, freeze }: TrainOptions): boolean {
  return !train_vae && freeze.includes("compressor") &&
    freeze.includes("expander");
}
