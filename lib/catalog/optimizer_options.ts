// Options of the seven optimizers, named as in PyTorch, with the defaults of FluxFlow's pipeline parser.
import * as v from "valibot";
import {
  closedMap,
  finiteNumber,
  nullable,
  option,
  type ValueSchema,
} from "./option.ts";

const rate = nullable(
  finiteNumber({ above: 0 }),
  "Learning rate; default: the step's `lr`",
);
const weightDecay = option(
  finiteNumber({ min: 0 }),
  0,
  "Shrinkage of the weights",
);
const momentum = option(
  finiteNumber({ min: 0, below: 1 }),
  0,
  "Share of the last update that is kept",
);
const beta = finiteNumber({ min: 0, below: 1 });

function betas(
  first: number,
  second: number,
): ReturnType<typeof option<[number, number]>> {
  return option(
    v.strictTuple([beta, beta], "a list of two numbers") as ValueSchema<
      [number, number]
    >,
    [
      first,
      second,
    ],
    "Decay of the two averages",
  );
}

function epsilon(fallback: number): ReturnType<typeof option<number>> {
  return option(finiteNumber({ above: 0 }), fallback, "Added to a denominator");
}

/** Options of each optimizer by its type. */
export const OPTIMIZERS = {
  AdamW: closedMap({
    type: v.optional(v.literal("AdamW"), "AdamW"),
    lr: rate,
    betas: betas(0.9, 0.999),
    eps: epsilon(1e-8),
    weight_decay: weightDecay,
    amsgrad: option(
      v.boolean(),
      false,
      "Divide by the largest second average seen so far",
    ),
  }),
  Adam: closedMap({
    type: v.literal("Adam"),
    lr: rate,
    betas: betas(0.9, 0.999),
    eps: epsilon(1e-8),
    weight_decay: weightDecay,
  }),
  SGD: closedMap({
    type: v.literal("SGD"),
    lr: rate,
    momentum,
    dampening: option(
      finiteNumber({ min: 0 }),
      0,
      "Share of the gradient that momentum leaves out",
    ),
    nesterov: option(v.boolean(), false, "Look ahead along the momentum"),
    weight_decay: weightDecay,
  }),
  RMSprop: closedMap({
    type: v.literal("RMSprop"),
    lr: rate,
    alpha: option(
      finiteNumber({ above: 0, max: 1 }),
      0.99,
      "Decay of the average of squares",
    ),
    eps: epsilon(1e-8),
    weight_decay: weightDecay,
    momentum,
    centered: option(
      v.boolean(),
      false,
      "Divide by the deviation instead of the root mean square",
    ),
  }),
  Adagrad: closedMap({
    type: v.literal("Adagrad"),
    lr: rate,
    lr_decay: option(
      finiteNumber({ min: 0 }),
      0,
      "Decay of the rate per update",
    ),
    initial_accumulator_value: option(
      finiteNumber({ min: 0 }),
      0,
      "Start of the sum of squares",
    ),
    eps: epsilon(1e-10),
    weight_decay: weightDecay,
  }),
  Adadelta: closedMap({
    type: v.literal("Adadelta"),
    lr: rate,
    rho: option(
      finiteNumber({ min: 0, max: 1 }),
      0.9,
      "Decay of both averages of squares",
    ),
    eps: epsilon(1e-6),
    weight_decay: weightDecay,
  }),
  Lion: closedMap({
    type: v.literal("Lion"),
    lr: rate,
    betas: betas(0.9, 0.95),
    weight_decay: weightDecay,
    decoupled_weight_decay: option(
      v.boolean(),
      true,
      "Shrink by weight_decay / first lr per unit of rate",
    ),
  }),
} as const;

/** Types of optimizers. */
export type OptimizerType = keyof typeof OPTIMIZERS;

/** Schema of one entry of `optimization.optimizers`; without `type` it is AdamW. */
export const OPTIMIZER_OPTIONS = v.variant("type", [
  OPTIMIZERS.AdamW,
  OPTIMIZERS.Adam,
  OPTIMIZERS.SGD,
  OPTIMIZERS.RMSprop,
  OPTIMIZERS.Adagrad,
  OPTIMIZERS.Adadelta,
  OPTIMIZERS.Lion,
]);

/** An entry as written; `lr` is null where the step's rate is meant. */
export type OptimizerOptions = Readonly<
  v.InferOutput<typeof OPTIMIZER_OPTIONS>
>;
/** An entry with its learning rate known. */
export type OptimizerEntry = WithRate<OptimizerOptions>;
type WithRate<T> = T extends OptimizerOptions
  ? Readonly<Omit<T, "lr"> & { lr: number }>
  : never;

/** Rate of a configured optimizer where neither it nor the step nor `training` names one, as in FluxFlow. */
export const CONFIGURED_LR = 1e-5;
/** Rate of an automatic optimizer where neither the step nor `training` names one, as in FluxFlow. */
export const AUTOMATIC_LR = 5e-7;
/** What trains a network that the step configures no optimizer for, beside the rate: FluxFlow's automatic AdamW. */
export const AUTOMATIC_OPTIMIZER = {
  type: "AdamW",
  weight_decay: 0.01,
} as const;
