// When a checkpoint is due. By batches is a function of the cursor alone, so that sample pictures fall on the same moments
// whether a step was interrupted or not; by minutes is not, so it brings no pictures.
import type { TrainCursor } from "./train_progress.ts";

/** `checkpoint` of a step. Both null leaves the one at the end and the one at a stop. */
export interface CheckpointCadence {
  readonly intervalBatches: number | null;
  readonly intervalMinutes: number | null;
  /**
   * How much work a kill may cost. Where it is set, a save that would take more than {@linkcode SAVING_SHARE} of the time is left
   * out while less than this is unsaved. Null saves at every interval.
   */
  readonly maxLostMinutes: number | null;
  /** The best generations are kept: each one that is left out might have been one of them. */
  readonly keepsBest: boolean;
}

/** Share of the training time that saving may take, as far as the bound on lost work allows it. */
const SAVING_SHARE = 0.03;

/**
 * Whether a checkpoint by batches belongs to this cursor. At the last batch of an epoch it waits until the epoch's end was
 * dealt with: both have the same count of train steps.
 */
export function isDueByBatches(
  cadence: CheckpointCadence,
  cursor: TrainCursor,
  batchesPerEpoch: number,
): boolean {
  const { intervalBatches } = cadence;
  if (intervalBatches === null || cursor.trainStep === 0) return false;
  return cursor.trainStep % intervalBatches === 0 &&
    cursor.batch < batchesPerEpoch;
}

/** Whether so much time has passed since the last checkpoint that one is due. */
export function isDueByMinutes(
  cadence: CheckpointCadence,
  sinceLastMs: number,
): boolean {
  return cadence.intervalMinutes !== null &&
    sinceLastMs >= cadence.intervalMinutes * 60_000;
}

/** Whether so much work is unsaved that the bound on lost work would be passed. */
export function isDueByLoss(
  { maxLostMinutes }: CheckpointCadence,
  sinceLastMs: number,
): boolean {
  return maxLostMinutes !== null && sinceLastMs >= maxLostMinutes * 60_000;
}

/** Whether a save that is due by an interval may be left out: the last one took `lastSaveMs`, null where there was none. */
export function mayBeLeftOut(
  { maxLostMinutes, keepsBest }: CheckpointCadence,
  { sinceLastMs, lastSaveMs }: {
    readonly sinceLastMs: number;
    readonly lastSaveMs: number | null;
  },
): boolean {
  if (maxLostMinutes === null || keepsBest || lastSaveMs === null) return false;
  // Of a stretch of training and the save at its end, the save takes lastSaveMs / (sinceLastMs + lastSaveMs).
  return lastSaveMs > SAVING_SHARE * (sinceLastMs + lastSaveMs);
}
