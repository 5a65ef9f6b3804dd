// What the cells of a matrix are ranked by: a metric that one of their steps measures.
import type { RankingMetric } from "../catalog/matrix.ts";
import type { CompareStep, Pipeline, Step } from "../catalog/pipeline.ts";
import { findMetric } from "../metrics/vocabulary.ts";
import type { Place } from "../source/located_tree.ts";
import { didYouMean } from "../source/suggestion.ts";
import { measuredMetrics } from "./measured_metrics.ts";
import type { Report } from "./report.ts";

/** The keys of a matrix that say how it is ranked. */
export interface WrittenRanking {
  readonly metric: { readonly text: string; readonly place: Place } | null;
  readonly direction: "lower" | "higher" | null;
}

/**
 * The metric that is written, else that of the last comparison (its difference) or evaluation (its first metric), else the loss
 * of the last training, of held-out examples where it has them. Null where there is none, or none can be used (reported).
 */
export function rankingMetric(
  { metric, direction }: WrittenRanking,
  { steps }: Pipeline,
  report: Report,
): RankingMetric | null {
  if (metric === null) {
    const last = steps.toReversed();
    const found = [
      ...last.filter(({ task }) => task === "compare" || task === "evaluate"),
      ...last.filter(({ task }) => task === "train"),
    ].map(ownMetric).find((one) => one !== null) ?? null;
    if (found === null) return null;
    return { ...found, direction: direction ?? found.direction };
  }
  const named = splitName(metric.text, steps);
  if (named === null) {
    report.error(
      metric.place,
      `Cannot rank by "${metric.text}": no step of the pipeline is called so${
        didYouMean(metric.text.split(".")[0] ?? "", steps.map(nameOf))
      }`,
      `Write STEP.METRIC; the steps are ${steps.map(nameOf).join(", ")}`,
    );
    return null;
  }
  const { step, name } = named;
  const known = metricsOf(step);
  if (known !== null && !known.includes(name)) {
    report.error(
      metric.place,
      `Cannot rank by "${metric.text}": no run has it, since step "${step.name}" does not measure "${name}"${
        didYouMean(name, known)
      }`,
      known.length === 0
        ? `A ${step.task} step measures nothing`
        : `It measures ${known.join(", ")}`,
    );
    return null;
  }
  const way = direction ?? directionOf(name, step);
  if (way === null) {
    report.error(
      metric.place,
      `Cannot rank by "${metric.text}": which way is better is not known`,
      'Write "direction: lower" or "direction: higher" beside it',
    );
    return null;
  }
  return { step: step.name, metric: name, direction: way, isNamed: true };
}

function nameOf({ name }: Step): string {
  return name;
}

/** Names of steps may have dots in them. */
function splitName(
  text: string,
  steps: readonly Step[],
): { readonly step: Step; readonly name: string } | null {
  const step = steps.filter(({ name }) => text.startsWith(`${name}.`))
    .toSorted((a, b) => b.name.length - a.name.length)[0];
  return step === undefined
    ? null
    : { step, name: text.slice(step.name.length + 1) };
}

/** What a step's result may hold; null where only its run tells. */
function metricsOf(step: Step): readonly string[] | null {
  switch (step.task) {
    case "train":
      return measuredMetrics(step);
    case "evaluate":
      return step.metrics;
    case "compare":
      return comparedMetrics(step);
    case "generate":
      return [];
    case "script":
      return null;
    default:
      return step satisfies never;
  }
}

function comparedMetrics(
  { metric, arms, baseline_dataset }: CompareStep,
): string[] {
  return [
    "difference",
    ...arms.map((arm) => `${metric}_${arm}`),
    ...(baseline_dataset === null
      ? []
      : [...arms.map((arm) => `ratio_${arm}`), "mean_image_l1"]),
  ];
}

function directionOf(name: string, step: Step): "lower" | "higher" | null {
  if (step.task !== "compare") return findMetric(name)?.direction ?? null;
  if (name.startsWith("ratio_") || name === "mean_image_l1") return "lower";
  return findMetric(step.metric)?.direction ?? null;
}

function ownMetric(step: Step): RankingMetric | null {
  const names = step.task === "train"
    ? preferred(measuredMetrics(step))
    : metricsOf(step) ?? [];
  const name = names[0];
  const direction = name === undefined ? null : directionOf(name, step);
  return name === undefined || direction === null
    ? null
    : { step: step.name, metric: name, direction, isNamed: false };
}

/** Held-out numbers say more than those of the batches that were trained on. */
function preferred(names: readonly string[]): readonly string[] {
  const wanted = ["flow_loss", "loss"].filter((name) => names.includes(name));
  return [...names.filter((name) => name.startsWith("val_")), ...wanted];
}
