// Between a running train step and a checkpoint: gathers every value that continues, and puts it back.
import { StoredStateError } from "../error/failure.ts";
import type { JsonValue } from "../disk/canonical_json.ts";
import type { CheckpointContent } from "../checkpoint/save_checkpoint.ts";
import {
  digestPrefix,
  METRICS_FILE,
  type VerifiedGeneration,
} from "../checkpoint/generation.ts";
import { hasAverage, readTensors } from "../checkpoint/load_checkpoint.ts";
import { STATE_VERSION, type TrainState } from "../checkpoint/train_state.ts";
import type { SchedulerState } from "../lr_schedulers/lr_scheduler.ts";
import type { MetricRow, RowLog } from "../metrics/metric_log.ts";
import type { MetricWindow } from "../metrics/metric_window.ts";
import type { FluxModel } from "../models/flux_model.ts";
import { bringNumbers } from "../tensor/far_numbers.ts";
import type { StoredArray } from "../blueprint/parameter_spec.ts";
import type { ParameterGroup, StoredGroup } from "./parameter_group.ts";
import type { TrainProgress } from "./train_progress.ts";
import type { WeightAverage } from "./weight_average.ts";

/** Facts of a train step that never change while it runs; they are compared when it goes on. */
export interface TrainIdentity {
  /** Counts from 0. */
  readonly stepIndex: number;
  readonly stepName: string;
  /** Steps of the pipeline. */
  readonly stepCount: number;
  readonly key: string;
  /** SHA-256 of everything that can change the result. */
  readonly configDigest: string;
  /** Numeric classes of the engines that worked on the step, the present one last. */
  readonly engines: readonly string[];
  readonly seed: number;
  readonly datasetSize: number;
  readonly batchSize: number;
  readonly batchesPerEpoch: number;
  /** Batches that the whole step trains at most. */
  readonly totalBatches: number;
  readonly image: { readonly height: number; readonly width: number };
}

/** The parts of a train step whose state continues. */
export interface TrainSession {
  readonly identity: TrainIdentity;
  readonly model: FluxModel;
  readonly groups: readonly ParameterGroup[];
  readonly average: WeightAverage | null;
  readonly log: RowLog<MetricRow>;
  readonly metricsPath: string;
}

/** Everything that a checkpoint of this moment holds. `score` is what `keep_best` ranks by. */
export async function takeSnapshot(
  session: TrainSession,
  progress: TrainProgress,
  score: number | null,
): Promise<CheckpointContent> {
  const { identity, model, groups, average } = session;
  await bringNumbers([
    ...model.parameters.variables.values(),
    ...groups.flatMap((group) => group.tensors),
    ...average?.tensors ?? [],
  ]);
  const stored = groups.map((group) => [group.name, group.store()] as const);
  const optimizer = new Map<string, StoredArray>();
  for (const [, group] of stored) {
    for (const [name, array] of group.tensors) optimizer.set(name, array);
  }
  return {
    state: {
      version: STATE_VERSION,
      current_step_index: identity.stepIndex,
      current_step_name: identity.stepName,
      step_epoch: progress.cursor.epoch,
      batch: progress.cursor.batch,
      global_step: progress.cursor.trainStep,
      total_pipeline_progress: pipelineProgress(identity, progress),
      pipeline_config: identity.configDigest,
      key: identity.key,
      engine: identity.engines.at(-1)!,
      engines: identity.engines,
      finished: progress.finished,
      end_reason: progress.endReason,
      batches_per_epoch: identity.batchesPerEpoch,
      sampler: samplerOf(identity),
      variant: model.options.variant,
      model: model.options as unknown as JsonValue,
      components: [...model.components],
      image: { ...identity.image },
      optimizers: Object.fromEntries(
        stored.map(([name, group]) => [name, group.counts]),
      ),
      schedulers: Object.fromEntries(
        stored.map((
          [name, group],
        ) => [name, group.scheduler as unknown as JsonValue]),
      ),
      ...gatheredEntry(stored),
      average: average === null ? null : { updates: average.updates },
      windows: progress.windows as unknown as JsonValue,
      samples_due: progress.samplesDue,
      skipped_updates: progress.skipped,
      ...(progress.trained === null
        ? {}
        : { trained: { ...progress.trained } }),
      ...(progress.corrupt.length === 0
        ? {}
        : { corrupt_samples: progress.corrupt }),
      metrics: await metricsEntry(session),
    },
    ...storedWeights(session),
    average: average?.store() ?? null,
    optimizer,
    score,
  };
}

/**
 * Puts a generation's values back: weights, optimizers, rates, average, metric log. Answers the progress.
 *
 * @throws {StoredStateError} when the generation belongs to other work, or lacks something.
 */
export async function restoreSnapshot(
  session: TrainSession,
  verified: VerifiedGeneration,
): Promise<TrainProgress> {
  const { model, groups, average, log } = session;
  const { state } = verified;
  refuseOtherWork(session.identity, verified);
  model.parameters.load(
    await readTensors(verified, "weights"),
    model.components,
  );
  const tensors = await readTensors(verified, "optimizer");
  for (const group of groups) {
    const counts = state.optimizers[group.name];
    const scheduler = state.schedulers[group.name] as unknown as
      | SchedulerState
      | undefined;
    if (counts === undefined || scheduler === undefined) {
      throw new StoredStateError(
        `Cannot continue from "${verified.folder}": it has no optimizer "${group.name}"`,
      );
    }
    const gathered = state.gathered?.[group.name];
    group.restore({ counts, scheduler, gathered, tensors });
  }
  if (average !== null && state.average !== null && hasAverage(verified)) {
    average.restore(
      await readTensors(verified, "average"),
      state.average.updates,
    );
  }
  await log.truncate(state.metrics.bytes);
  return {
    cursor: {
      epoch: state.step_epoch,
      batch: state.batch,
      trainStep: state.global_step,
    },
    windows: state.windows as unknown as Readonly<Record<string, MetricWindow>>,
    skipped: state.skipped_updates,
    trained: state.trained ?? null,
    corrupt: state.corrupt_samples ?? [],
    samplesDue: state.samples_due,
    finished: state.finished,
    endReason: state.end_reason,
  };
}

/** The weights, those apart that nobody trains. Buffers move with the training around them and are never among these. */
function storedWeights(
  { model: { parameters }, groups }: TrainSession,
): Pick<CheckpointContent, "weights" | "frozen"> {
  const trained = new Set(groups.flatMap(({ variables }) => [
    ...variables.keys(),
  ]));
  const isFrozen = (name: string) =>
    parameters.specs.get(name)!.trainable && !trained.has(name);
  const weights = new Map<string, StoredArray>();
  const frozen = new Map<string, StoredArray>();
  for (const [name, array] of parameters.toStored()) {
    (isFrozen(name) ? frozen : weights).set(name, array);
  }
  return { weights, frozen };
}

function gatheredEntry(
  stored: readonly (readonly [string, StoredGroup])[],
): Pick<TrainState, "gathered"> {
  const entries = stored.flatMap(([name, { gathered }]) =>
    gathered === undefined ? [] : [[name, gathered] as const]
  );
  return entries.length === 0 ? {} : { gathered: Object.fromEntries(entries) };
}

function refuseOtherWork(
  identity: TrainIdentity,
  verified: VerifiedGeneration,
): void {
  const { state } = verified;
  const found = {
    key: state.key,
    ...state.sampler,
    batches: state.batches_per_epoch,
  };
  const wanted = {
    key: identity.key,
    ...samplerOf(identity),
    batches: identity.batchesPerEpoch,
  };
  for (const [name, value] of Object.entries(wanted)) {
    const other = found[name as keyof typeof found];
    if (other === value) continue;
    throw new StoredStateError(
      `Cannot continue from "${verified.folder}": its ${name} is ${other}, wanted ${value}`,
      { hint: "Redo the step with `--force`" },
    );
  }
}

function samplerOf(
  identity: TrainIdentity,
): { seed: number; size: number; batch_size: number } {
  return {
    seed: identity.seed,
    size: identity.datasetSize,
    batch_size: identity.batchSize,
  };
}

function pipelineProgress(
  identity: TrainIdentity,
  progress: TrainProgress,
): number {
  const share = progress.finished
    ? 1
    : progress.cursor.trainStep / identity.totalBatches;
  return (identity.stepIndex + Math.min(1, share)) / identity.stepCount;
}

/** The rows must be durable before a checkpoint vouches for them. */
async function metricsEntry(
  session: TrainSession,
): Promise<{ path: string; bytes: number; sha256: string }> {
  await session.log.sync();
  const bytes = session.log.byteLength;
  const sha256 = await digestPrefix(session.metricsPath, bytes);
  if (sha256 !== null) return { path: METRICS_FILE, bytes, sha256 };
  throw new StoredStateError(
    `Cannot save checkpoint: "${session.metricsPath}" is shorter than the ${bytes} bytes written to it`,
  );
}
