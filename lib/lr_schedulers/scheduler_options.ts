// What a pipeline says about a learning rate's course. Ranges are checked where the pipeline is read.

/** The seven types that a FluxFlow file may name, with PyTorch's meaning. */
export const SCHEDULER_TYPES = [
  "CosineAnnealingLR",
  "LinearLR",
  "StepLR",
  "MultiStepLR",
  "ExponentialLR",
  "ConstantLR",
  "ReduceLROnPlateau",
] as const;

/** One of {@linkcode SCHEDULER_TYPES}. */
export type SchedulerType = typeof SCHEDULER_TYPES[number];

/** One entry of `optimization.schedulers`; keys that the type does not read are ignored, absent ones get FluxFlow's default. */
export interface SchedulerEntry {
  readonly type: SchedulerType;
  /** Updates over which the rate rises before the type's own course begins; 0 by default. */
  readonly warmup_steps?: number | null | undefined;
  /** Cosine: the floor as a share of the first rate; 0.1 by default. */
  readonly eta_min_factor?: number | null | undefined;
  /** Linear: first factor; 1 by default. */
  readonly start_factor?: number | null | undefined;
  /** Linear: last factor; 0.1 by default. */
  readonly end_factor?: number | null | undefined;
  /** Linear and constant: updates until the last factor; the length of the course by default. */
  readonly total_iters?: number | null | undefined;
  /** Step: updates between two falls; a tenth of the course by default. */
  readonly step_size?: number | null | undefined;
  /** Step and multi-step (0.1 by default), exponential (0.95 by default). */
  readonly gamma?: number | null | undefined;
  /** Multi-step: updates at which the rate falls; one that occurs twice counts twice. */
  readonly milestones?: readonly number[] | null | undefined;
  /** Constant: the factor until `total_iters` (1 by default); plateau: what a fall multiplies by (0.1 by default). */
  readonly factor?: number | null | undefined;
  /** Plateau: values without improvement that are let pass; 10 by default. */
  readonly patience?: number | null | undefined;
  /** Plateau: the least improvement that counts, as a share of the best value; 1e-4 by default. */
  readonly threshold?: number | null | undefined;
  /** Plateau: whether lower ("min", the default) or higher ("max") values are better. */
  readonly mode?: "min" | "max" | null | undefined;
}
