// What a matrix is, on disk: enough to rank its cells again without the pipeline file.
import { join } from "node:path";
import type { MatrixCell, RankingMetric } from "../catalog/matrix.ts";
import type { Matrix } from "../config/load_matrix.ts";
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import { makeFolder } from "../disk/folder_entries.ts";
import { seal } from "../disk/sealed_record.ts";
import { StoredStateError } from "../error/failure.ts";
import { listRuns } from "../store/run_record.ts";
import { readSealedRecord } from "../store/stored_json.ts";

const VERSION = 1;
const ENDING = ".matrix";

/** A cell in the record. */
export interface RecordedCell extends MatrixCell {
  /** SHA-256 of its pipeline: a run with another one is of an earlier version of the file. */
  readonly digest: string;
}

/** The record in matrix.json. */
export interface MatrixRecord {
  readonly version: typeof VERSION;
  readonly name: string;
  /** Path of the pipeline file as given. */
  readonly pipeline: string;
  readonly axes: readonly string[];
  readonly seeds: readonly number[] | null;
  readonly metric: RankingMetric | null;
  /** How cells were drawn, for people; null where all combinations run. */
  readonly search: string | null;
  /** Steps of task compare, with the arms of each. */
  readonly comparisons: readonly RecordedComparison[];
  readonly cells: readonly RecordedCell[];
}

/** A compare step. */
export interface RecordedComparison {
  readonly step: string;
  readonly metric: string;
  /** Treatment, control. */
  readonly arms: readonly [string, string];
}

/** Paths of a matrix. */
export interface MatrixPaths {
  readonly folder: string;
  readonly record: string;
  readonly report: string;
  /** Held from the start of its first cell to the end of its last. */
  readonly lock: string;
}

/** Paths of the matrix `name`, beside the folders of its runs. */
export function matrixPaths(runsDir: string, name: string): MatrixPaths {
  const folder = join(runsDir, `${name}${ENDING}`);
  return {
    folder,
    record: join(folder, "matrix.json"),
    report: join(folder, "report.html"),
    lock: join(folder, "lock"),
  };
}

/** The record of a matrix as it is now. */
export function matrixRecord(matrix: Matrix): MatrixRecord {
  const { name, file, axes, seeds, metric, search, cells } = matrix;
  const steps = cells[0]?.pipeline.steps ?? [];
  return {
    version: VERSION,
    ...{ name, pipeline: file, axes, seeds, metric },
    search: search === null
      ? null
      : `${search.type}, budget ${search.budget}, seed ${search.seed}`,
    comparisons: steps.flatMap((step) =>
      step.task === "compare"
        ? [{
          step: step.name,
          metric: step.metric,
          arms: step.arms as [string, string],
        }]
        : []
    ),
    cells: cells.map(({ cell, pipeline }) => ({
      ...cell,
      digest: pipeline.digest,
    })),
  };
}

/** Writes the record. */
export async function writeMatrixRecord(
  runsDir: string,
  record: MatrixRecord,
): Promise<void> {
  const { folder, record: path } = matrixPaths(runsDir, record.name);
  await makeFolder(folder);
  await writeJsonAtomically(path, seal(record));
}

/**
 * The record of the matrix `name`; null where there is none.
 *
 * @throws {StoredStateError} where it cannot be understood
 */
export async function readMatrixRecord(
  runsDir: string,
  name: string,
): Promise<MatrixRecord | null> {
  const { record: path } = matrixPaths(runsDir, name);
  try {
    const record = await readSealedRecord(path, VERSION, []);
    return record as MatrixRecord | null;
  } catch (error) {
    if (!(error instanceof StoredStateError)) throw error;
    throw new StoredStateError(error.message, {
      hint:
        `Remove the file, or train the pipeline again: it is written anew from what the runs hold`,
    });
  }
}

/**
 * The matrix that a user means by `name`: that of its folder (`spade.matrix`), or of its pipeline where no run has that name. Null
 * where there is none.
 */
export function matrixCalled(runsDir: string, name: string): string | null {
  const matrices = listMatrices(runsDir);
  const own = name.endsWith(ENDING) ? name.slice(0, -ENDING.length) : null;
  if (own !== null && matrices.includes(own)) return own;
  return matrices.includes(name) && !listRuns(runsDir).includes(name)
    ? name
    : null;
}

/** Names of the matrices under `runsDir`, sorted. */
function listMatrices(runsDir: string): string[] {
  try {
    return [...Deno.readDirSync(runsDir)]
      .filter(({ name, isDirectory }) => isDirectory && name.endsWith(ENDING))
      .map(({ name }) => name.slice(0, -ENDING.length)).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
