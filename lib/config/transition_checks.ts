// When a train step ends, and which metrics it may watch.
import type { StepDraft, StepOptions } from "./step_drafts.ts";
import { findMetric } from "../metrics/vocabulary.ts";
import type { TrainStep, Transition } from "../catalog/pipeline.ts";
import { metricFault } from "./measured_metrics.ts";
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

/** Epochs that a train step can last at most. */
export function mostEpochs(step: TrainStep): number {
  return step.transition_on.mode === "epoch"
    ? step.n_epochs
    : step.transition_on.max_epochs;
}
