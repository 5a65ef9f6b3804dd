// What a pipeline says about an optimizer. Ranges are checked where the pipeline is read.

/** The seven types that a FluxFlow file may name, with PyTorch's meaning (Lion: FluxFlow's). */
export const OPTIMIZER_TYPES = [
  "AdamW",
  "Adam",
  "SGD",
  "RMSprop",
  "Adagrad",
  "Adadelta",
  "Lion",
] as const;

/** One of {@linkcode OPTIMIZER_TYPES}. */
export type OptimizerType = typeof OPTIMIZER_TYPES[number];

/** One entry of `optimization.optimizers`; keys that the type does not read are ignored, absent ones get FluxFlow's default. */
export interface OptimizerEntry {
  readonly type: OptimizerType;
  /** The first rate; schedules multiply it, and Lion's decoupled decay divides by it. */
  readonly lr: number;
  /** Adam family 0.9, 0.999; Lion 0.9, 0.95. */
  readonly betas?: readonly [number, number] | null | undefined;
  /** Every type; 0 by default, Lion 0.01. AdamW and Lion shrink the weights, the others add to the gradient. */
  readonly weight_decay?: number | null | undefined;
  /** Adam family and RMSprop 1e-8, Adagrad 1e-10, Adadelta 1e-6. */
  readonly eps?: number | null | undefined;
  /** Adam family: divide by the largest second moment so far. */
  readonly amsgrad?: boolean | null | undefined;
  /** SGD and RMSprop; 0 by default. */
  readonly momentum?: number | null | undefined;
  /** SGD: share of the gradient kept out of the momentum; 0 by default. */
  readonly dampening?: number | null | undefined;
  /** SGD: look ahead along the momentum. */
  readonly nesterov?: boolean | null | undefined;
  /** RMSprop: memory of the squared gradient; 0.99 by default. */
  readonly alpha?: number | null | undefined;
  /** RMSprop: subtract the squared mean gradient. */
  readonly centered?: boolean | null | undefined;
  /** Lion: shrink by `weight_decay` per update whatever the first rate (true by default), as FluxFlow does. */
  readonly decoupled_weight_decay?: boolean | null | undefined;
  /** Adadelta: memory of both averages; 0.9 by default. */
  readonly rho?: number | null | undefined;
  /** Adagrad: fall of the rate per update; 0 by default. */
  readonly lr_decay?: number | null | undefined;
  /** Adagrad: what the sum of squares starts at; 0 by default. */
  readonly initial_accumulator_value?: number | null | undefined;
}
