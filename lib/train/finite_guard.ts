// Losses and gradients that are no numbers: the batch is left out and counted, and a row of them ends the step.
import { StepFailure } from "../error/failure.ts";

/** Batches of a step that were left out; plain JSON. */
export interface SkippedUpdates {
  readonly in_a_row: number;
  readonly total: number;
}

/** Before the first batch. */
export const NONE_SKIPPED: SkippedUpdates = { in_a_row: 0, total: 0 };

/** Name of the first value that is not finite, or null. The order of `values` is the order of the terms. */
export function firstNonFinite(
  values: Readonly<Record<string, number>>,
): string | null {
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isFinite(value)) return name;
  }
  return null;
}

/**
 * Counts one batch. `term` names what was not finite, null for a good batch; one of no rows, since all its samples are corrupt, is no
 * sign that the numbers are sound again. So many in a row as `limit` are no accident: weights that
 * hold a NaN never recover.
 *
 * @throws {StepFailure} at the `limit`th in a row.
 */
export function countUpdate(
  skipped: SkippedUpdates,
  update: {
    readonly term: string | null;
    readonly value: number;
    readonly trainStep: number;
    readonly limit: number;
    readonly rows: number;
  },
): SkippedUpdates {
  if (update.term === null) {
    return update.rows === 0 ? skipped : { ...skipped, in_a_row: 0 };
  }
  const in_a_row = skipped.in_a_row + 1;
  if (in_a_row < update.limit) return { in_a_row, total: skipped.total + 1 };
  throw new StepFailure(
    `Cannot go on training: "${update.term}" is ${update.value} at batch ${update.trainStep}, ` +
      `and ${in_a_row} in a row had to be skipped`,
    {
      hint:
        "Lower the learning rate or `initial_clipping_norm`, and look for damaged pictures; `skip_limit` says how many are let pass",
    },
  );
}
