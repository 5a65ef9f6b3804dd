// What one batch does to the weights: each trainer in its turn, and the average of what they updated.
import type { Batch } from "../data/batch_stream.ts";
import { isUpdateDue, updatesBefore } from "../lr_schedulers/step_length.ts";
import { pushRemembered, type TrainCursor } from "./train_progress.ts";
import type { Trainer, TrainMoment, TrainWindows } from "./trainer.ts";
import { passOver, updateOnce, type UpdateReport } from "./update.ts";
import type { WeightAverage } from "./weight_average.ts";

/** Who trains on a batch. */
export interface BatchTrainers {
  /** In their order: a discriminator before its generator. */
  readonly trainers: readonly Trainer[];
  readonly average: WeightAverage | null;
  /** Batches whose mean gradient makes one update. */
  readonly accumulation: number;
}

/** Trains on the batch that `cursor` names, the next of an epoch of `batchesPerEpoch`. */
export async function trainOn(
  { trainers, average, accumulation }: BatchTrainers,
  examples: Batch,
  place: {
    readonly cursor: TrainCursor;
    readonly batchesPerEpoch: number;
    readonly windows: TrainWindows;
  },
): Promise<UpdateReport> {
  const { cursor, batchesPerEpoch, windows } = place;
  const moment: TrainMoment = {
    trainStep: cursor.trainStep,
    update: updatesBefore(cursor, batchesPerEpoch, accumulation),
  };
  const isDue = isUpdateDue(cursor.batch + 1, batchesPerEpoch, accumulation);
  const reports: UpdateReport[] = [];
  for (const trainer of trainers) {
    if (examples.size === 0) {
      reports.push(await passOver(trainer, isDue));
      continue;
    }
    using prepared = await trainer.prepare(examples, moment, windows);
    reports.push(await updateOnce(trainer, prepared, isDue));
  }
  const isAveraged = trainers.some(({ groups }, index) =>
    reports[index]!.isUpdated &&
    groups.some((group) => group.name !== "discriminator")
  );
  if (isAveraged) average?.update();
  return combine(reports);
}

/** What the trainers want to find again; a skipped batch leaves nothing. */
export function remembered(
  trainers: readonly Trainer[],
  windows: TrainWindows,
  report: UpdateReport,
): TrainWindows {
  if (report.nonFinite !== null || !("loss" in report.metrics)) return windows;
  return trainers.reduce<TrainWindows>(
    (all, { remember }) =>
      remember === undefined
        ? all
        : pushRemembered(all, remember(report.metrics)),
    windows,
  );
}

/** One report for all trainers of a batch: their losses add up, the rest is told apart by name. */
function combine(reports: readonly UpdateReport[]): UpdateReport {
  const metrics: Record<string, number> = {};
  const learningRates: Record<string, number> = {};
  for (const report of reports) {
    Object.assign(learningRates, report.learningRates);
    const { loss } = report.metrics;
    const sum = loss === undefined ? {} : { loss: (metrics.loss ?? 0) + loss };
    Object.assign(metrics, report.metrics, sum);
  }
  const nonFinite =
    reports.find((report) => report.nonFinite !== null)?.nonFinite ?? null;
  const isUpdated = reports.some((report) => report.isUpdated);
  return { metrics, learningRates, nonFinite, isUpdated };
}
