// Body of `task: train`: opens the step, runs the train loop, answers with what the step has reached.
import type { TrainStep } from "../catalog/pipeline.ts";
import { SYSTEM_CLOCK } from "../clock/clock.ts";
import {
  type CheckpointHistory,
  saveCheckpoint,
  type SavedCheckpoint,
} from "../checkpoint/save_checkpoint.ts";
import type { TrainedAmount } from "../catalog/trained_amount.ts";
import { formatBytes } from "../disk/byte_count.ts";
import { startEngine } from "../engines/engine.ts";
import { BatchStream } from "../data/batch_stream.ts";
import { nextTurn } from "../train/event_loop.ts";
import {
  type FlowTrainerOptions,
  flowValidationLoss,
} from "../train/flow_trainer.ts";
import { readMetricRows } from "../metrics/metric_log.ts";
import {
  runTrainLoop,
  type TrainOutcome,
  type TrainPlan,
} from "../train/train_loop.ts";
import {
  presentValue,
  presentValues,
  type TrainProgress,
} from "../train/train_progress.ts";
import { takeSnapshot } from "../train/train_snapshot.ts";
import { heldOutError } from "../train/validation.ts";
import type { StepContext, StepResult } from "./step_context.ts";
import { corruptLimitOf, intactIndices } from "./open_data.ts";
import { pictureIndices } from "./reconstruction_measures.ts";
import { metricName, retentionOf } from "./train_options.ts";
import { openTrainReport } from "./train_report.ts";
import { drawTrainSamples, wantsSamples } from "./train_samples.ts";
import { type OpenedTrainStep, openTrainStep } from "./train_session.ts";
import { openTrainers, type StepTrainers } from "./train_trainers.ts";

/** Trains one step to its end, or to a stop with everything saved. */
export async function trainBody(context: StepContext): Promise<StepResult> {
  const { request } = context;
  const step = request.options as TrainStep;
  await startEngine(request.engine);
  using opened = await openTrainStep(context, step);
  const clock = SYSTEM_CLOCK;
  const { log_interval } = request.output;
  using report = await openTrainReport(context, opened.transition, {
    clock,
    logInterval: log_interval,
  });
  try {
    const trainers = await openTrainers(context, opened);
    const plan: TrainPlan = {
      trainers: trainers.trainers,
      average: opened.session.average,
      batches: report.timed(opened.batches),
      corruptLimit: corruptLimitOf(request, opened.dataset),
      accumulation: step.gradient_accumulation_steps,
      skipLimit: step.skip_limit,
      transition: opened.transition,
      cadence: {
        intervalBatches: step.checkpoint.interval_batches,
        intervalMinutes: step.checkpoint.interval_minutes,
        maxLostMinutes: step.checkpoint.max_lost_minutes,
        keepsBest: step.checkpoint.keep_best !== null,
      },
      logInterval: log_interval,
      log: opened.session.log,
      validate: validation(context, opened, trainers),
      evalIntervalEpochs: step.eval_interval_epochs,
      drawSamples: wantsSamples(context)
        ? (cursor) =>
          drawTrainSamples(context, opened, trainers.flow?.text ?? null, cursor)
        : null,
      save: saver(context, opened),
      observe: report.observe,
      signal: context.signal,
      takeCheckpointWish: () => context.takeCheckpointWish(),
      clock,
    };
    const ended = await runTrainLoop(plan, opened.progress, opened.isResumed);
    const trained = await trainedAmount(opened, ended.progress);
    return { ...resultOf(ended), trained };
  } catch (error) {
    // A stop before the first batch: nothing was trained that is not saved.
    if (context.signal.aborted && error === context.signal.reason) {
      return { outcome: "stopped", metrics: {} };
    }
    throw error;
  }
}

/** Each save hands the next one the generations that stand behind it. */
function saver(
  context: StepContext,
  opened: OpenedTrainStep,
): (progress: TrainProgress) => Promise<string> {
  const policy = retentionOf(opened.step);
  const best = opened.step.checkpoint.keep_best;
  let history: CheckpointHistory = opened.history;
  return async (progress) => {
    const score = best === null
      ? null
      : presentValue(progress, metricName(best.metric));
    const content = await takeSnapshot(opened.session, progress, score);
    const saved = await saveCheckpoint(
      context.folder,
      content,
      history,
      policy,
    );
    history = saved;
    context.saved();
    const { epoch, batch } = progress.cursor;
    const place = progress.finished
      ? "end of the step"
      : `epoch ${epoch + 1}, batch ${batch}`;
    return `checkpoint "${saved.usable[0]!.folder}" (${place})${
      sharedNote(saved)
    }`;
  };
}

/** Nothing where every weight is trained. */
function sharedNote({ writtenBytes, sharedBytes }: SavedCheckpoint): string {
  if (sharedBytes === 0) return "";
  return `: ${formatBytes(writtenBytes)} written, ${
    formatBytes(sharedBytes)
  } of frozen weights shared with the one before`;
}

/** The held-out figure of the step's kind: pictures for a VAE, the loss for a flow; on averaged weights where there are some. */
function validation(
  context: StepContext,
  opened: OpenedTrainStep,
  trainers: StepTrainers,
): TrainPlan["validate"] {
  const { heldOut, session } = opened;
  const trainsVae = session.groups.some((group) => group.name === "vae");
  if (heldOut === null || (!trainsVae && trainers.flow === null)) return null;
  let known: Promise<number[]> | null = null;
  const intactHeldOut = () =>
    known ??= intactIndices(context, heldOut, pictureIndices(heldOut, null));
  const measure = async () => {
    const indices = await intactHeldOut();
    const values: Record<string, number> = {};
    if (trainsVae) {
      const error = await heldOutError({
        model: session.model,
        dataset: heldOut,
        indices,
        spade: opened.step.decode_spade,
        signal: context.signal,
        onPass: (done) =>
          context.progress({ phase: "evaluate", done, total: heldOut.size }),
      });
      if (error === null) return null;
      values.val_recon_l1 = error;
    }
    if (trainers.flow === null) return values;
    const loss = await heldOutFlowLoss(context, opened, trainers.flow.options);
    return loss === null ? null : { ...values, val_flow_loss: loss };
  };
  return () =>
    session.average === null ? measure() : session.average.during(measure);
}

/** Mean loss over the held-out batches, whose noise is the same at every measurement; null when the signal came first. */
async function heldOutFlowLoss(
  context: StepContext,
  opened: OpenedTrainStep,
  options: FlowTrainerOptions,
): Promise<number | null> {
  const { step, heldOut } = opened;
  const batches = new BatchStream(heldOut!, {
    batchSize: step.batch_size,
    seed: context.request.seed,
    maxBatches: null,
    augmented: false,
  });
  let sum = 0;
  let count = 0;
  for (let index = 0; index < batches.batchesPerEpoch; index++) {
    if (context.signal.aborted) return null;
    const batch = await batches.read(0, index);
    if (batch.size === 0) continue;
    sum += batch.size * await flowValidationLoss(options, batch, index);
    count += batch.size;
    context.progress({
      phase: "evaluate",
      done: index + 1,
      total: batches.batchesPerEpoch,
    });
    await nextTurn();
  }
  return sum / count;
}

/** The rows of the log tell what no process of several remembers: where the loss began. */
async function trainedAmount(
  { session, step }: OpenedTrainStep,
  { cursor, skipped, corrupt, trained }: TrainProgress,
): Promise<TrainedAmount> {
  const rows = await readMetricRows(session.metricsPath);
  const losses = rows.flatMap(({ kind, metrics }) =>
    kind === "train" && typeof metrics["loss"] === "number"
      ? [metrics["loss"]]
      : []
  );
  return {
    updates: trained?.updates ?? null,
    batches: cursor.trainStep,
    skipped: skipped.total,
    corrupt: corrupt.length,
    images: trained?.images ?? null,
    loss: losses.length === 0
      ? null
      : { first: losses[0]!, last: losses.at(-1)! },
    frozen: step.frozen,
  };
}

function resultOf({ outcome, progress }: TrainOutcome): StepResult {
  const metrics = presentValues(progress);
  const { epoch } = progress.cursor;
  if (outcome === "stopped") return { outcome, metrics, epochs: epoch };
  const count = progress.corrupt.length;
  const skipped = count === 0
    ? ""
    : `; ${count} corrupt ${count === 1 ? "sample" : "samples"} skipped`;
  const summary = (progress.endReason ?? "") + skipped;
  return { outcome, metrics, epochs: epoch, summary };
}
