// When a checkpoint is due. By batches is a function of the cursor alone, so that sample pictures fall on the same moments
// whether a step was interrupted or not; by minutes is not, so it brings no pictures.
import type { TrainCursor } from "./train_progress.ts";

/** `checkpoint` of a step. Both null leaves the one at the end and the one at a stop. */
export interface CheckpointCadence {
  readonly intervalBatches: number | null;
  readonly intervalMinutes: number | null;
}

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
