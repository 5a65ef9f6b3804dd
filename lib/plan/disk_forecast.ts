// How much room a plan's checkpoints take, from the weights that each model is declared with. Nothing is built and no tensor is loaded.
import type { OptimizerEntry, TrainStep } from "../catalog/pipeline.ts";
import { modelSpecs } from "../blueprint/model_specs.ts";
import { type ParameterSpec, sizeOf } from "../blueprint/parameter_spec.ts";
import { modelOptionsFrom } from "../blueprint/section_options.ts";
import type { Plan, PlannedStep } from "./plan.ts";

/** Room for checkpoints, in bytes; each figure is a bound from above where the file system has hard links. */
export interface DiskForecast {
  /** What the steps that are to run leave. */
  readonly keptBytes: number;
  /** The most that is there at once: before an older checkpoint goes, its successor is written. */
  readonly peakBytes: number;
}

const BYTES_PER_WEIGHT = 4;

/** The forecast for all train steps of the plan that are not finished. */
export function diskForecast(plan: Plan): DiskForecast {
  let keptBytes = 0;
  let largest = 0;
  for (const planned of plan.steps) {
    const { step } = planned;
    if (step.task !== "train" || planned.action === "reuse") continue;
    const { changing, frozen } = checkpointBytes(step, plan);
    largest = Math.max(largest, changing);
    keptBytes += frozen + changing * keptGenerations(step, planned);
  }
  return { keptBytes, peakBytes: keptBytes + largest };
}

/** A step that saves only once keeps no more than that. */
export function keptGenerations(
  { checkpoint }: TrainStep,
  { request }: Pick<PlannedStep, "request">,
): number {
  const { keep_last, keep_best, interval_batches, interval_minutes } =
    checkpoint;
  const wanted = keep_last + (keep_best?.count ?? 0);
  const { trainSteps } = request.plan;
  if (
    trainSteps === null || interval_minutes !== null ||
    interval_batches === null
  ) return wanted;
  return Math.min(wanted, Math.ceil(trainSteps / interval_batches) + 1);
}

/** Bytes of the arrays in one checkpoint of the step; those of the frozen ones lie there once, whatever the count of checkpoints. */
function checkpointBytes(
  step: TrainStep,
  { pipeline }: Pick<Plan, "pipeline">,
): { readonly changing: number; readonly frozen: number } {
  const specs = modelSpecs(modelOptionsFrom(pipeline.model), {
    components: step.components,
    seed: 0,
  });
  const isTrained = ({ component }: ParameterSpec) =>
    step.trains.includes(component);
  // Buffers move with the training around them and are never frozen.
  const trainable = specs.filter(({ trainable }) => trainable);
  const trained = trainable.filter(isTrained);
  const frozen = weightsOf(trainable.filter((spec) => !isTrained(spec)));
  let weights = weightsOf(specs) - frozen;
  // Pictures never come from the discriminator, so nothing averages it.
  if (step.use_ema) {
    weights += weightsOf(
      trained.filter(({ component }) => component !== "discriminator"),
    );
  }
  const gathers = step.gradient_accumulation_steps > 1 ? 1 : 0;
  const { optimizers } = step.optimization;
  for (const spec of trained) {
    const entry = optimizers[groupOf(spec.component)];
    const slots = entry === undefined ? 0 : slotCount(entry);
    weights += (slots + gathers) * sizeOf(spec.shape);
  }
  return {
    changing: weights * BYTES_PER_WEIGHT,
    frozen: frozen * BYTES_PER_WEIGHT,
  };
}

function weightsOf(specs: readonly ParameterSpec[]): number {
  return specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** The optimizer of a component. */
function groupOf(
  component: ParameterSpec["component"],
): keyof TrainStep["optimization"]["optimizers"] {
  switch (component) {
    case "compressor":
    case "expander":
      return "vae";
    case "flow_processor":
      return "flow";
    case "text_encoder":
    case "discriminator":
      return component;
    default:
      return component satisfies never;
  }
}

/** Numbers that the optimizer remembers of each weight. */
export function slotCount(entry: OptimizerEntry): number {
  const options: Readonly<Record<string, unknown>> = { ...entry };
  const hasMomentum = Number(options["momentum"] ?? 0) !== 0;
  switch (entry.type) {
    case "AdamW":
    case "Adam":
      return options["amsgrad"] === true ? 3 : 2;
    case "SGD":
      return hasMomentum ? 1 : 0;
    case "RMSprop":
      return 1 + (hasMomentum ? 1 : 0) + (options["centered"] === true ? 1 : 0);
    case "Adagrad":
    case "Lion":
      return 1;
    case "Adadelta":
      return 2;
    default:
      return entry satisfies never;
  }
}
