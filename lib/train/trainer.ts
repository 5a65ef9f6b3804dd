// One kind of training as the loop sees it: inputs without a gradient, a loss with one, and the groups that it updates.
import type { Batch } from "../data/batch_stream.ts";
import type { MetricWindow } from "../metrics/metric_window.ts";
import type { PureWork } from "../tensor/pure_work.ts";
import type { tf } from "../tensor/tf.ts";
import type { ParameterGroup } from "./parameter_group.ts";

/** A sum of losses that remembers its terms. */
export interface LossTerms {
  /** What is differentiated. */
  readonly total: tf.Scalar;
  /** The terms by metric name, unweighted; named when one is not finite. */
  readonly terms: Readonly<Record<string, tf.Scalar>>;
}

/** Tensors and numbers that one update works on; whoever prepared them disposes them. */
export interface PreparedBatch extends Disposable {
  /** Computes the loss. Called once, under the gradient tape; it makes no choices of its own. FluxFlow's discriminator moves its norms on. */
  loss(): LossTerms;
  /**
   * Present where the loss and its terms follow from tensors and from what never changes for the trainer: `name` tells losses of
   * one trainer apart, `inputs` are all tensors that the loss reads, weights included.
   */
  readonly pure?: Pick<PureWork, "name" | "inputs">;
  /** Numbers that belong into the metrics beside the terms, such as a term's weight. */
  readonly settings: Readonly<Record<string, number>>;
}

/** Last values by name, as a checkpoint holds them. */
export type TrainWindows = Readonly<Record<string, MetricWindow>>;

/** Where in a step a batch is trained. Random streams follow the batches, schedules of losses the updates. */
export interface TrainMoment {
  /** Batches of the whole step before this one. */
  readonly trainStep: number;
  /** Updates of the whole step before the one that this batch belongs to; the same without accumulation. */
  readonly update: number;
}

/** Owns nothing: the groups and the model stay the caller's. */
export interface Trainer {
  readonly groups: readonly ParameterGroup[];
  /** Metric that plateau schedules watch. */
  readonly lossMetric: string;
  /** Bound of each group's gradient norm; 0 means none. */
  readonly clippingNorm: number;
  /** Depends on batch, `moment`, weights and `windows` alone, so that a resumed step prepares the same. */
  prepare(
    batch: Batch,
    moment: TrainMoment,
    windows: TrainWindows,
  ): Promise<PreparedBatch>;
  /** Values of a trained batch that `prepare` wants to find in the windows; absent where it looks at none. */
  readonly remember?: (
    metrics: Readonly<Record<string, number>>,
  ) => Record<string, number>;
}
