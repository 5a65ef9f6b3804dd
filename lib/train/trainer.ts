// One kind of training as the loop sees it: inputs without a gradient, a loss with one, and the groups that it updates.
import type { Batch } from "../data/batch_stream.ts";
import type { MetricWindow } from "../metrics/metric_window.ts";
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
  /** Computes the loss. Called once, under the gradient tape; it makes no choices of its own. */
  loss(): LossTerms;
  /** Numbers that belong into the metrics beside the terms, such as a term's weight. */
  readonly settings: Readonly<Record<string, number>>;
}

/** Last values by name, as a checkpoint holds them. */
export type TrainWindows = Readonly<Record<string, MetricWindow>>;

/** Owns nothing: the groups and the model stay the caller's. */
export interface Trainer {
  readonly groups: readonly ParameterGroup[];
  /** Metric that plateau schedules watch. */
  readonly lossMetric: string;
  /** Bound of each group's gradient norm; 0 means none. */
  readonly clippingNorm: number;
  /** Depends on batch, `trainStep`, weights and `windows` alone, so that a resumed step prepares the same. */
  prepare(
    batch: Batch,
    trainStep: number,
    windows: TrainWindows,
  ): Promise<PreparedBatch>;
  /** Values of a trained batch that `prepare` wants to find in the windows; absent where it looks at none. */
  readonly remember?: (
    metrics: Readonly<Record<string, number>>,
  ) => Record<string, number>;
}
