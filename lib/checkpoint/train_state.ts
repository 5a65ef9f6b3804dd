// Every value beside tensors that a train step needs to go on: the content of a generation's state.json.
import type { JsonValue } from "../disk/canonical_json.ts";
import type { OptimizerCounts } from "../optim/optimizer.ts";
import type { CheckpointFile } from "./generation.ts";

/** Version of the record below; any other is refused. */
export const STATE_VERSION = 1;

/** What continues. The first seven fields are the pipeline metadata; no field holds a clock value. */
export interface TrainState {
  readonly version: typeof STATE_VERSION;
  /** Counts from 0. */
  readonly current_step_index: number;
  readonly current_step_name: string;
  /** Epoch of the step that `batch` belongs to; counts from 0. */
  readonly step_epoch: number;
  /** Batches of `step_epoch` that are trained; equals `batches_per_epoch` until the epoch's end is dealt with. */
  readonly batch: number;
  /** Batches of this step that were trained, those left out included. */
  readonly global_step: number;
  /** Share of the whole pipeline, 0 to 1, each step counting the same. */
  readonly total_pipeline_progress: number;
  /** SHA-256 of everything that can change the step's result. */
  readonly pipeline_config: string;
  /** The step's key: a generation of other work is refused. */
  readonly key: string;
  /** Numeric class of the engine that wrote this. */
  readonly engine: string;
  /** Numeric classes of all engines that worked up to here, first to last; absent in states of older versions. */
  readonly engines?: readonly string[];
  /** True once the step's transition is reached. */
  readonly finished: boolean;
  /** Why the step ended; null before. */
  readonly end_reason: string | null;
  readonly batches_per_epoch: number;
  /** The data order is a function of these three and the cursor. */
  readonly sampler: {
    readonly seed: number;
    readonly size: number;
    readonly batch_size: number;
  };
  readonly variant: string;
  readonly model: JsonValue;
  /** Components whose weights the generation holds. */
  readonly components: readonly string[];
  readonly image: { readonly height: number; readonly width: number };
  /** What each optimizer counts beside its tensors, by parameter group. */
  readonly optimizers: Readonly<Record<string, OptimizerCounts>>;
  readonly schedulers: Readonly<Record<string, JsonValue>>;
  /** By parameter group, gradients of batches whose update is still to come; absent where there are none. */
  readonly gathered?: Readonly<
    Record<string, { readonly batches: number; readonly loss: number }>
  >;
  /** Updates of the average of the weights; null where the step keeps none. */
  readonly average: { readonly updates: number } | null;
  readonly windows: JsonValue;
  /** True where a stop came before the sample pictures of this moment were drawn. */
  readonly samples_due: boolean;
  readonly skipped_updates: {
    readonly in_a_row: number;
    readonly total: number;
  };
  /** What was trained so far; absent in states of older versions. */
  readonly trained?: { readonly images: number; readonly updates: number };
  /** Samples that were left out so far; absent where there are none. */
  readonly corrupt_samples?: readonly {
    readonly name: string;
    readonly place: string;
    readonly reason: string;
  }[];
  /** The part of metrics.jsonl that belongs to this generation. */
  readonly metrics: CheckpointFile;
  /** Tensor files of this generation. */
  readonly files: readonly CheckpointFile[];
}
