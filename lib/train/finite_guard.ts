// Losses and gradients that are no numbers: the update is skipped and counted, and a row of them ends the step.
import { StepFailure } from "../error/failure.ts";

/** Skipped updates of a step; plain JSON. */
export interface SkippedUpdates {
  readonly in_a_row: number;
  readonly total: number;
}

/** Before the first update. */
export const NONE_SKIPPED: SkippedUpdates = { in_a_row: 0, total: 0 };

/** So many in a row are no accident: weights that hold a NaN never recover. */
export const SKIP_LIMIT = 3;

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
 * Counts one update. `term` names what was not finite, null for a good update.
 *
 * @throws {StepFailure} at the {@linkcode SKIP_LIMIT}th skipped update in a row.
 */
export function countUpdate(
  skipped: SkippedUpdates,
  update: {
    readonly term: string | null;
    readonly value: number;
    readonly trainStep: number;
  },
): SkippedUpdates {
  if (update.term === null) return { ...skipped, in_a_row: 0 };
  const in_a_row = skipped.in_a_row + 1;
  if (in_a_row < SKIP_LIMIT) return { in_a_row, total: skipped.total + 1 };
  throw new StepFailure(
    `Cannot go on training: "${update.term}" is ${update.value} at update ${update.trainStep}, ` +
      `and ${SKIP_LIMIT} updates in a row had to be skipped`,
    {
      hint:
        "Lower the learning rate or `initial_clipping_norm`, and look for damaged pictures",
    },
  );
}
