// Body of a measurement: opens a train step as it is, trains one batch to warm up and one by the clock, saves one checkpoint.
import type { TrainStep } from "../catalog/pipeline.ts";
import { saveCheckpoint } from "../checkpoint/save_checkpoint.ts";
import type { Batch } from "../data/batch_stream.ts";
import { startEngine } from "../engines/engine.ts";
import { isUpdateDue } from "../lr_schedulers/step_length.ts";
import { trainOn } from "../train/batch_update.ts";
import type { TrainCursor } from "../train/train_progress.ts";
import { takeSnapshot } from "../train/train_snapshot.ts";
import type { BatchMeasurement } from "../worker/batch_measurement.ts";
import type { StepContext, StepResult } from "./step_context.ts";
import { type OpenedTrainStep, openTrainStep } from "./train_session.ts";
import { openTrainers, type TrainedPart } from "./train_trainers.ts";

/**
 * Measures in the step's own folder, which must be empty. The step keeps its length, since its schedules are made for that: what is
 * left out is the rest of the batches. Of what is encoded before the first batch only the part of the two batches is.
 */
export async function measureBatch(context: StepContext): Promise<StepResult> {
  const { request, signal } = context;
  const step = request.options as TrainStep;
  await startEngine(request.engine);
  using opened = await openTrainStep(context, step);
  const { batches, dataset, session } = opened;
  // The clock counts from the start of the process.
  const openMs = performance.now();
  const measured = firstUpdate(opened);
  const warmUp = await batches.read(0, 0);
  const [batch, readMs] = await timed(() =>
    batches.read(measured.epoch, measured.batch)
  );
  const part: TrainedPart = {
    views: [...new Set([warmUp, batch].flatMap(({ views }) => views))],
    captions: [warmUp, batch].flatMap(({ captions }) => captions),
  };
  const [{ trainers }, prepareMs] = await timed(() =>
    openTrainers(context, opened, part)
  );
  const train = async (examples: Batch, cursor: TrainCursor) => {
    signal.throwIfAborted();
    await trainOn(
      {
        trainers,
        average: session.average,
        accumulation: step.gradient_accumulation_steps,
      },
      examples,
      {
        cursor,
        batchesPerEpoch: batches.batchesPerEpoch,
        windows: opened.progress.windows,
      },
    );
    // What an engine has queued is done when a result is there.
    for (const { variables } of session.groups) {
      await [...variables.values()].at(-1)?.data();
    }
    const { trainStep } = cursor;
    context.progress({ phase: "measure", done: trainStep + 1, total: 2 });
  };
  await train(warmUp, { epoch: 0, batch: 0, trainStep: 0 });
  const [, trainMs] = await timed(() => train(batch, measured));
  const [{ saved, content }, saveMs] = await timed(async () => {
    const content = await takeSnapshot(session, opened.progress, null);
    const history = { usable: [] };
    const policy = { keepLast: 1, keepBest: null };
    return {
      content,
      saved: await saveCheckpoint(context.folder, content, history, policy),
    };
  });
  const frozenBytes = [...content.frozen.values()]
    .reduce((sum, { data }) => sum + data.byteLength, 0);
  const metrics: BatchMeasurement = {
    open_ms: openMs,
    prepare_ms: prepareMs,
    prepared_share: part.views.length / dataset.views.count,
    // Threads decode the next batches while one is trained on.
    batch_ms: step.workers > 0 ? Math.max(readMs, trainMs) : readMs + trainMs,
    batches: session.identity.totalBatches,
    save_ms: saveMs,
    checkpoint_bytes: saved.writtenBytes,
    frozen_bytes: frozenBytes,
  };
  return { outcome: "done", metrics: { ...metrics } };
}

/** The first batch behind the one that warms up which ends in an update of the weights. */
function firstUpdate(
  { batches: { batchesPerEpoch }, step }: OpenedTrainStep,
): TrainCursor {
  let at = 1;
  const accumulation = step.gradient_accumulation_steps;
  const isDue = () =>
    isUpdateDue(at % batchesPerEpoch + 1, batchesPerEpoch, accumulation);
  while (!isDue()) at++;
  return {
    epoch: Math.floor(at / batchesPerEpoch),
    batch: at % batchesPerEpoch,
    trainStep: 1,
  };
}

async function timed<Value>(
  work: () => Promise<Value>,
): Promise<[Value, number]> {
  const start = performance.now();
  return [await work(), performance.now() - start];
}
