// How many updates a step really makes: what schedules are sized by, and what a plan shows. Asked here and nowhere else.

/**
 * Updates of an epoch of `batches` trained batches, `accumulation` of which make one. The last one takes those that are left, so that no
 * gradient crosses an epoch's end.
 */
export function updatesPerEpoch(batches: number, accumulation: number): number {
  return Math.ceil(batches / accumulation);
}

/** Whether an update is due after `done` of an epoch's `batches`. */
export function isUpdateDue(
  done: number,
  batches: number,
  accumulation: number,
): boolean {
  return done % accumulation === 0 || done === batches;
}

/** Updates of a step before the one that batch `batch` of epoch `epoch` belongs to; both count from 0. */
export function updatesBefore(
  { epoch, batch }: { readonly epoch: number; readonly batch: number },
  batchesPerEpoch: number,
  accumulation: number,
): number {
  return epoch * updatesPerEpoch(batchesPerEpoch, accumulation) +
    Math.floor(batch / accumulation);
}

/** Whether a warm-up takes all `updates` of a step, so that the course behind it never begins. */
export function leavesNoCourse(warmupSteps: number, updates: number): boolean {
  return warmupSteps > 0 && warmupSteps >= updates;
}
