// A pipeline file to the checked pipelines of all cells of its matrix, or to everything that is wrong with any of them.
import type {
  LoadedCell,
  MatrixSearch,
  RankingMetric,
} from "../catalog/matrix.ts";
import type { Pipeline } from "../catalog/pipeline.ts";
import type { Checked } from "../source/diagnostic.ts";
import {
  checked,
  type LoadOptions,
  loadPipeline,
  openPipeline,
  readCell,
  readWhole,
} from "./load_pipeline.ts";
import { rankingMetric } from "./matrix_metric.ts";
import { NO_AXES, readMatrix } from "./matrix_section.ts";
import { runNameOf } from "./pipeline_document.ts";
import { newReport } from "./report.ts";

/** A pipeline that stands for many runs. */
export interface Matrix {
  readonly kind: "matrix";
  /** Path as the user gave it. */
  readonly file: string;
  /** Name of the pipeline: the runs of its cells begin with it. */
  readonly name: string;
  /** Names of the axes, in order; without the seed. */
  readonly axes: readonly string[];
  readonly seeds: readonly number[] | null;
  readonly cells: readonly LoadedCell[];
  /** Null where no step measures anything. */
  readonly metric: RankingMetric | null;
  readonly search: MatrixSearch | null;
}

/** A pipeline that stands for one run. */
export interface SingleRun {
  readonly kind: "run";
  readonly pipeline: Pipeline;
}

/**
 * Reads and checks a pipeline file as `train` runs it: one run, or one per cell of its matrix.
 *
 * @throws {RefusedError} when the file itself cannot be read
 * @throws {UsageError} where `cell` names no cell of its matrix
 */
export async function loadRuns(
  file: string,
  options: LoadOptions = {},
): Promise<Checked<Matrix | SingleRun>> {
  if (options.cell !== undefined) {
    return asSingleRun(await loadPipeline(file, options));
  }
  const report = newReport();
  const opened = await openPipeline(file, options, report);
  if (opened === undefined) {
    return { ok: false, diagnostics: report.findings() };
  }
  const { document } = opened;
  const name = runNameOf(document, file);
  const added = options.added ?? NO_AXES;
  const written = readMatrix(document, name, added, report);
  // What is wrong with the matrix and with the pipeline around it is told together.
  if (written === null) {
    return asSingleRun(checked(await readWhole(opened, report), report));
  }
  const cells: LoadedCell[] = [];
  for (const placed of written.cells) {
    const pipeline = await readCell(opened, placed, report);
    const { assignments: _, place: __, ...cell } = placed;
    if (pipeline !== undefined) cells.push({ cell, pipeline });
  }
  // Where no cell can be read, the pipeline around the matrix still tells which steps there are.
  const sample = cells[0]?.pipeline ??
    await readCell(opened, { assignments: [] }, report);
  const metric = sample === undefined
    ? null
    : rankingMetric(written, sample, report);
  if (!report.failed && metric === null && written.search?.type === "halving") {
    report.error(
      written.place,
      "Cannot search by halving: no step is known to measure what tells the best cells",
      "Name it: metric STEP.METRIC, and direction lower or higher",
    );
  }
  return checked<Matrix>({
    ...{ kind: "matrix", file, name, cells, metric },
    axes: axisNames(cells),
    seeds: written.seeds,
    search: written.search,
  }, report);
}

/** Names of the runs of a file, in the order of the cells. */
export function namesOfRuns(loaded: Matrix | SingleRun): readonly string[] {
  return loaded.kind === "run"
    ? [loaded.pipeline.name]
    : loaded.cells.map(({ cell: { run } }) => run);
}

/** In the order in which cells set them: those of `include` may come last. */
function axisNames(cells: readonly LoadedCell[]): string[] {
  return [...new Set(cells.flatMap(({ cell }) => Object.keys(cell.values)))];
}

function asSingleRun(loaded: Checked<Pipeline>): Checked<SingleRun> {
  return loaded.ok
    ? { ...loaded, value: { kind: "run", pipeline: loaded.value } }
    : loaded;
}
