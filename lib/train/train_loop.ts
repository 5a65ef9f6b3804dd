// Batches, updates, epochs and checkpoints in their order; `train_event.ts` tells it in a few lines.
import type { Batch } from "../data/batch_stream.ts";
import {
  type CorruptLimit,
  refuseTooManyCorrupt,
  withCorrupt,
} from "../data/corrupt_sample.ts";
import type { Clock } from "../clock/clock.ts";
import type { MetricRow, RowLog } from "../metrics/metric_log.ts";
import { windowMean } from "../metrics/metric_window.ts";
import { type BatchTrainers, remembered, trainOn } from "./batch_update.ts";
import {
  type CheckpointCadence,
  isDueByBatches,
} from "./checkpoint_cadence.ts";
import { nextTurn } from "./event_loop.ts";
import { countUpdate } from "./finite_guard.ts";
import {
  pushMetrics,
  type TrainCursor,
  type TrainProgress,
} from "./train_progress.ts";
import type { TrainEventName, TrainObserver } from "./train_event.ts";
import { SavingAccount } from "./saving_account.ts";
import { judgeTransition, mostEpochs, type Transition } from "./transition.ts";
import type { UpdateReport } from "./update.ts";

/** Batches as a function of (epoch, batch). A picture that is trained in several resolutions is in one batch of each. */
export interface BatchSource {
  readonly batchesPerEpoch: number;
  read(epoch: number, batch: number): Promise<Batch>;
}

/** Everything that a train step is made of; the loop owns none of it. */
export interface TrainPlan extends BatchTrainers {
  readonly batches: BatchSource;
  /** How many samples of the data may be corrupt. */
  readonly corruptLimit: CorruptLimit;
  readonly transition: Transition;
  readonly cadence: CheckpointCadence;
  /** Batches in a row that are left out, because a number was not finite, until the step fails. */
  readonly skipLimit: number;
  /** Train steps between two rows of the metric log. */
  readonly logInterval: number;
  readonly log: RowLog<MetricRow>;
  /** Held-out values, or null when the signal came first; null where nothing is held out. */
  readonly validate:
    | (() => Promise<Readonly<Record<string, number>> | null>)
    | null;
  readonly evalIntervalEpochs: number;
  /** Draws the pictures of a moment; false when the signal came first. Null where none are wanted. */
  readonly drawSamples: ((cursor: TrainCursor) => Promise<boolean>) | null;
  /** Makes the progress durable and answers what to tell the user. */
  readonly save: (progress: TrainProgress) => Promise<string>;
  readonly observe: TrainObserver;
  readonly signal: AbortSignal;
  /** Whether somebody has asked, since the last call, to save and go on. */
  readonly takeCheckpointWish: () => boolean;
  readonly clock: Clock;
}

/** How a loop ended. */
export interface TrainOutcome {
  readonly outcome: "done" | "stopped";
  readonly progress: TrainProgress;
}

/** Trains from `start` until the transition is reached or the signal is aborted. `isSaved`: a checkpoint holds `start`. */
export async function runTrainLoop(
  plan: TrainPlan,
  start: TrainProgress,
  isSaved: boolean,
): Promise<TrainOutcome> {
  let progress = start;
  let saved = isSaved ? start : null;
  const saving = new SavingAccount(plan.clock, plan.cadence);
  await tell(plan, "start", progress.cursor);
  for (;;) {
    if (progress.samplesDue) progress = await drawDueSamples(plan, progress);
    const stopping = plan.signal.aborted;
    const isAsked = plan.takeCheckpointWish() || stopping || progress.finished;
    const present = progress;
    if (
      present !== saved &&
      (isAsked || saving.isDue(present.cursor, plan.batches.batchesPerEpoch))
    ) {
      const text = await saving.measure(() => plan.save(present));
      await tell(plan, "checkpoint", present.cursor, {}, text);
      saved = present;
    }
    if (progress.finished && !progress.samplesDue) {
      return await leave(plan, progress, "done", saving);
    }
    if (stopping) return await leave(plan, progress, "stopped", saving);
    progress = progress.cursor.batch < plan.batches.batchesPerEpoch
      ? await trainBatch(plan, progress)
      : await endEpoch(plan, progress);
    await nextTurn();
  }
}

async function leave(
  plan: TrainPlan,
  progress: TrainProgress,
  outcome: "done" | "stopped",
  saving: SavingAccount,
): Promise<TrainOutcome> {
  const name = outcome === "done" ? "end" : "stop";
  await tell(plan, name, progress.cursor, {}, saving.describe());
  return { outcome, progress };
}

/** Trains one batch and moves the cursor past it. */
async function trainBatch(
  plan: TrainPlan,
  progress: TrainProgress,
): Promise<TrainProgress> {
  const { epoch, batch, trainStep } = progress.cursor;
  const examples = await plan.batches.read(epoch, batch);
  const corrupt = withCorrupt(progress.corrupt, examples.corrupt);
  for (const { place, reason } of corrupt.slice(progress.corrupt.length)) {
    const text = `picture "${place}" is skipped: ${reason}`;
    await tell(plan, "corrupt", progress.cursor, {}, text);
  }
  refuseTooManyCorrupt(corrupt, plan.corruptLimit);
  const report = await trainOn(plan, examples, {
    cursor: progress.cursor,
    batchesPerEpoch: plan.batches.batchesPerEpoch,
    windows: progress.windows,
  });
  const cursor = { epoch, batch: batch + 1, trainStep: trainStep + 1 };
  const term = report.nonFinite;
  const skipped = countUpdate(progress.skipped, {
    term,
    value: term === null ? 0 : report.metrics[term]!,
    trainStep,
    limit: plan.skipLimit,
    rows: examples.size,
  });
  const text = term === null
    ? null
    : `batch ${trainStep} skipped: "${term}" is not finite`;
  await tell(
    plan,
    eventOf(report),
    cursor,
    report.metrics,
    text,
  );
  const metrics = {
    ...report.metrics,
    skipped_updates: skipped.total,
    ...(corrupt.length === 0 ? {} : { corrupt_samples: corrupt.length }),
  };
  if (isRowDue(plan, cursor)) {
    await plan.log.append({
      kind: "train",
      epoch,
      batch,
      global_step: cursor.trainStep,
      metrics,
      learning_rates: report.learningRates,
    });
  }
  await tell(plan, "batch", cursor, metrics);
  const next = {
    ...progress,
    cursor,
    skipped,
    trained: progress.trained === null ? null : {
      images: progress.trained.images + examples.size,
      updates: progress.trained.updates + (report.isUpdated ? 1 : 0),
    },
    corrupt,
    windows: remembered(
      plan.trainers,
      pushMetrics(progress.windows, metrics),
      report,
    ),
  };
  return withSamplesDue(plan, next);
}

function eventOf({ nonFinite, isUpdated }: UpdateReport): TrainEventName {
  if (nonFinite !== null) return "skip";
  return isUpdated ? "update" : "accumulate";
}

/** Deals with the end of an epoch; the very same progress comes back when the signal came first. */
async function endEpoch(
  plan: TrainPlan,
  progress: TrainProgress,
): Promise<TrainProgress> {
  const { epoch, trainStep } = progress.cursor;
  const epochsDone = epoch + 1;
  let windows = progress.windows;
  if (isValidationDue(plan, epochsDone)) {
    const values = await plan.validate!();
    if (values === null) return progress;
    windows = pushMetrics(windows, values);
    await plan.log.append({
      kind: "eval",
      epoch,
      batch: progress.cursor.batch - 1,
      global_step: trainStep,
      metrics: values,
    });
    await tell(plan, "validation", progress.cursor, values);
  }
  const window = plan.transition.kind === "metric_reaches"
    ? windows[plan.transition.metric]
    : undefined;
  const mean = window === undefined
    ? undefined
    : windowMean(window) ?? undefined;
  const { ends, reason } = judgeTransition(plan.transition, epochsDone, mean);
  const cursor = { epoch: epochsDone, batch: 0, trainStep };
  await tell(plan, "epoch", cursor, {}, reason);
  return withSamplesDue(plan, {
    ...progress,
    cursor,
    windows,
    finished: ends,
    endReason: ends ? reason : null,
  });
}

async function drawDueSamples(
  plan: TrainPlan,
  progress: TrainProgress,
): Promise<TrainProgress> {
  if (plan.signal.aborted) return progress;
  const isDrawn = await plan.drawSamples!(progress.cursor);
  if (!isDrawn) return progress;
  await tell(plan, "samples", progress.cursor);
  return { ...progress, samplesDue: false };
}

function withSamplesDue(
  plan: TrainPlan,
  progress: TrainProgress,
): TrainProgress {
  if (plan.drawSamples === null) return progress;
  const due = progress.finished ||
    isDueByBatches(plan.cadence, progress.cursor, plan.batches.batchesPerEpoch);
  return due ? { ...progress, samplesDue: true } : progress;
}

function isValidationDue(plan: TrainPlan, epochsDone: number): boolean {
  if (plan.validate === null) return false;
  return epochsDone % plan.evalIntervalEpochs === 0 ||
    epochsDone === mostEpochs(plan.transition);
}

/** Every `logInterval`th train step, and the last one of an epoch, so that short epochs leave rows too. */
function isRowDue(plan: TrainPlan, cursor: TrainCursor): boolean {
  return cursor.trainStep % plan.logInterval === 0 ||
    cursor.batch === plan.batches.batchesPerEpoch;
}

async function tell(
  plan: TrainPlan,
  name: TrainEventName,
  cursor: TrainCursor,
  metrics: Readonly<Record<string, number>> = {},
  text: string | null = null,
): Promise<void> {
  const { batchesPerEpoch } = plan.batches;
  await plan.observe({ name, cursor, batchesPerEpoch, metrics, text });
}
