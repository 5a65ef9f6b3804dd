// Everything that is known of a matrix: its record, what its runs have come to, the ranking and the verdicts over seeds.
import { type CellResult, readCellResults } from "./cell_results.ts";
import { type MatrixRecord, readMatrixRecord } from "./matrix_record.ts";
import { groupCells, rankCells, type RankedRow } from "./ranking.ts";
import { type SeedVerdict, seedVerdicts } from "./seed_verdict.ts";

/** A matrix as a table, a page or data show it. */
export interface MatrixFacts {
  readonly record: MatrixRecord;
  readonly results: readonly CellResult[];
  readonly rows: readonly RankedRow[];
  readonly verdicts: readonly SeedVerdict[];
}

/** Whether a combination counts: in later rounds of a search only what was chosen for them does, and that begins at once. */
function isInSearch(group: readonly CellResult[]): boolean {
  return group.some(({ cell, state }) =>
    (cell.round ?? 0) === 0 || state !== "waiting"
  );
}

/** The facts of a matrix whose record and results are at hand. */
export async function matrixFacts(
  record: MatrixRecord,
  results: readonly CellResult[],
): Promise<MatrixFacts> {
  return {
    ...{ record, results },
    rows: rankCells(
      groupCells(results).filter(isInSearch).flat(),
      record.metric,
    ),
    verdicts: await seedVerdicts(record, results),
  };
}

/**
 * The facts of the matrix `name`; null where none was started.
 *
 * @throws {StoredStateError} where its record, or a manifest of its runs, cannot be understood
 */
export async function readMatrixFacts(
  runsDir: string,
  name: string,
): Promise<MatrixFacts | null> {
  const record = await readMatrixRecord(runsDir, name);
  return record === null
    ? null
    : await matrixFacts(record, await readCellResults(runsDir, record));
}
