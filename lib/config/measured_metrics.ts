// Which metrics a train step writes: a transition that watches another one would never come.
import type { TrainStep } from "../catalog/pipeline.ts";
import { findMetric, METRICS } from "../metrics/vocabulary.ts";
import { didYouMean } from "../source/suggestion.ts";

/** The keys of a train step that decide what it measures. */
type MeasuringKeys =
  & Pick<
    TrainStep,
    "train_vae" | "train_diff" | "train_diff_full" | "eval_dataset"
  >
  & {
    readonly freeze: readonly string[];
    readonly optimization: {
      readonly optimizers: Readonly<Record<string, unknown>>;
    };
  };

const COMMON = ["loss", "skipped_updates"];
const OF_VAE = [
  "recon_loss",
  "vae_loss",
  "recon_l1",
  "kl_loss",
  "kl_beta",
  "color_stats",
  "contrast_loss",
  "grad_norm_vae",
  "val_recon_l1",
];
const OF_FLOW = ["flow_loss", "grad_norm_flow", "val_flow_loss"];
const OF_TEXT = ["grad_norm_text_encoder"];

/** Names of the metrics in the rows of `metrics.jsonl`; a test compares them with what the trainers write. */
export function measuredMetrics(step: MeasuringKeys): string[] {
  const isFlow = step.train_diff || step.train_diff_full;
  const isText = isFlow && "text_encoder" in step.optimization.optimizers &&
    !step.freeze.includes("text_encoder");
  const own = [
    ...(step.train_vae ? OF_VAE : []),
    ...(isFlow ? OF_FLOW : []),
    ...(isText ? OF_TEXT : []),
  ];
  return [...COMMON, ...own].filter((name) =>
    step.eval_dataset !== null || !name.startsWith("val_")
  );
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
  if (OF_VAE.includes(name)) {
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
