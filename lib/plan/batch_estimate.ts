// What a train step will take as a whole, from one batch of it by the clock; and which steps can be measured in this way.
import type { TrainStep } from "../catalog/pipeline.ts";
import type { CostRange, StepEstimate } from "../store/estimate_record.ts";
import type { StepRequest } from "../store/step_request.ts";
import type { BatchMeasurement } from "../worker/batch_measurement.ts";
import { keptGenerations } from "./disk_forecast.ts";
import type { PlannedStep } from "./plan.ts";

/** A batch later on may take another time, and samples and held-out figures come on top. */
const TIME = { low: 0.7, high: 1.8 };
/** The first pass over data is slower than those that follow. */
const PREPARATION = { low: 0.3, high: 1.2 };
const MEMORY = { low: 0.9, high: 1.6 };
const DISK = { low: 0.95, high: 1.1 };

/** A request that can be measured, or why none can. */
export type Measurable =
  | {
    readonly kind: "ready";
    readonly request: StepRequest;
    /** Steps whose weights fresh ones stand in for. */
    readonly freshFrom: readonly string[];
  }
  | { readonly kind: "not"; readonly reason: string };

/**
 * The request of the step without what is not there yet: weights of steps that are not finished start fresh, which changes no size and
 * no time; data that are not there cannot be replaced.
 */
export function measurable(
  { request, step }: Pick<PlannedStep, "request" | "step">,
  finished: ReadonlySet<string>,
): Measurable {
  if (step.task !== "train") {
    return { kind: "not", reason: "only train steps are measured" };
  }
  for (const [name, dataset] of Object.entries(request.datasets)) {
    const { from } = dataset;
    if (from !== null && !finished.has(from)) {
      return { kind: "not", reason: `needs ${from} first: it makes its data` };
    }
    // They would be kept in the store, and may be more than anybody wants to wait for.
    if (dataset.type === "webdataset" && dataset.shards.kind === "remote") {
      const reason = `not measured: the shards of "${name}" lie elsewhere`;
      return { kind: "not", reason };
    }
  }
  const sources = Object.entries(step.init_from);
  const kept = sources.filter(([, source]) => finished.has(source));
  const freshFrom = sources.map(([, source]) => source)
    .filter((source) => !finished.has(source));
  const options: TrainStep = { ...step, init_from: Object.fromEntries(kept) };
  const inputs = Object.entries(request.inputs)
    .filter(([name]) => finished.has(name));
  return {
    kind: "ready",
    request: { ...request, options, inputs: Object.fromEntries(inputs) },
    freshFrom: [...new Set(freshFrom)],
  };
}

/** The estimate of the whole step. */
export function estimateFromBatch(
  planned: Pick<PlannedStep, "request" | "key">,
  step: TrainStep,
  measured: BatchMeasurement & {
    readonly peakMemoryBytes: number | null;
    readonly freshFrom: readonly string[];
  },
): StepEstimate {
  const { batch_ms, batches, save_ms, checkpoint_bytes, frozen_bytes } =
    measured;
  const { interval_batches } = step.checkpoint;
  const saves = 1 +
    (interval_batches === null ? 0 : Math.floor(batches / interval_batches));
  const certain = measured.open_ms + batches * batch_ms + saves * save_ms;
  const prepared = measured.prepare_ms / Math.min(1, measured.prepared_share);
  const { trainSteps } = planned.request.plan;
  const { peakMemoryBytes, freshFrom } = measured;
  const further = keptGenerations(step, planned) - 1;
  const keptBytes = checkpoint_bytes +
    further * (checkpoint_bytes - frozen_bytes);
  return {
    ...{ key: planned.key, basis: "one batch", samples: 0 },
    timeMs: {
      low: certain * TIME.low + prepared * PREPARATION.low,
      high: certain * TIME.high + prepared * PREPARATION.high,
    },
    diskBytes: {
      low: checkpoint_bytes * DISK.low,
      high: keptBytes * DISK.high,
    },
    memoryBytes: peakMemoryBytes === null
      ? null
      : spread(peakMemoryBytes, MEMORY),
    batch: {
      updateMs: batch_ms * batches / (trainSteps ?? batches),
      ...{ peakMemoryBytes, checkpointBytes: checkpoint_bytes, freshFrom },
    },
  };
}

function spread(value: number, { low, high }: CostRange): CostRange {
  return { low: value * low, high: value * high };
}
