// Options of the seven learning-rate schedulers, with the defaults of FluxFlow's factory (not those its parser forced on every type).
import * as v from "valibot";
import {
  closedMap,
  finiteNumber,
  nullable,
  option,
  wholeNumber,
} from "./option.ts";

const count = wholeNumber({ min: 1 });
const share = finiteNumber({ above: 0, max: 1 });
const warmup = option(
  wholeNumber({ min: 0 }),
  0,
  "Updates over which the rate rises to its start",
);
const gamma = option(share, 0.1, "Factor of each fall");

/** Options of each scheduler by its type. */
export const SCHEDULERS = {
  CosineAnnealingLR: closedMap({
    type: v.optional(v.literal("CosineAnnealingLR"), "CosineAnnealingLR"),
    eta_min_factor: nullable(
      finiteNumber({ min: 0, max: 1 }),
      "Floor as a share of the rate; default: the step's `lr_min`",
    ),
    warmup_steps: warmup,
  }),
  LinearLR: closedMap({
    type: v.literal("LinearLR"),
    start_factor: option(share, 1, "Share of the rate at the start"),
    end_factor: option(
      finiteNumber({ min: 0, max: 1 }),
      0.1,
      "Share of the rate at the end",
    ),
    total_iters: nullable(
      count,
      "Updates from start to end; null means all of the step",
    ),
    warmup_steps: warmup,
  }),
  StepLR: closedMap({
    type: v.literal("StepLR"),
    step_size: nullable(
      count,
      "Updates between two falls; null means a tenth of the step",
    ),
    gamma,
    warmup_steps: warmup,
  }),
  MultiStepLR: closedMap({
    type: v.literal("MultiStepLR"),
    milestones: v.pipe(
      v.array(count),
      v.nonEmpty(),
      v.description("Updates at which the rate falls"),
    ),
    gamma,
    warmup_steps: warmup,
  }),
  ExponentialLR: closedMap({
    type: v.literal("ExponentialLR"),
    gamma: option(share, 0.95, "Factor per update"),
    warmup_steps: warmup,
  }),
  ConstantLR: closedMap({
    type: v.literal("ConstantLR"),
    factor: option(share, 1, "Share of the rate until total_iters"),
    total_iters: nullable(
      count,
      "Updates at that share; null means all of the step",
    ),
    warmup_steps: warmup,
  }),
  ReduceLROnPlateau: closedMap({
    type: v.literal("ReduceLROnPlateau"),
    mode: option(
      v.picklist(["min", "max"]),
      "min",
      "Whether less or more is better",
    ),
    factor: option(
      finiteNumber({ above: 0, below: 1 }),
      0.1,
      "Factor of each fall",
    ),
    patience: option(
      wholeNumber({ min: 0 }),
      10,
      "Updates without progress before a fall",
    ),
    threshold: option(
      finiteNumber({ min: 0 }),
      1e-4,
      "Relative change that counts as progress",
    ),
    warmup_steps: warmup,
  }),
} as const;

/** Types of schedulers. */
export type SchedulerType = keyof typeof SCHEDULERS;

/** Schema of one entry of `optimization.schedulers`; without `type` it is CosineAnnealingLR. */
export const SCHEDULER_OPTIONS = v.variant("type", [
  SCHEDULERS.CosineAnnealingLR,
  SCHEDULERS.LinearLR,
  SCHEDULERS.StepLR,
  SCHEDULERS.MultiStepLR,
  SCHEDULERS.ExponentialLR,
  SCHEDULERS.ConstantLR,
  SCHEDULERS.ReduceLROnPlateau,
]);

/** An entry as written; a cosine's floor is null where the step's `lr_min` is meant. */
export type SchedulerOptions = Readonly<
  v.InferOutput<typeof SCHEDULER_OPTIONS>
>;
/** An entry with its floor known. */
export type SchedulerEntry = WithFloor<SchedulerOptions>;
type WithFloor<T> = T extends { eta_min_factor: number | null }
  ? Readonly<Omit<T, "eta_min_factor"> & { eta_min_factor: number }>
  : Readonly<T>;

/** Floor of a text encoder's automatic cosine, as in FluxFlow. */
export const TEXT_ENCODER_FLOOR = 0.001;
