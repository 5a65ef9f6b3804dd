// A pipeline file to the checked pipelines of all cells of its matrix, or to everything that is wrong with any of them.
import type {
  LoadedCell,
  MatrixSearch,
  RankingMetric,
} from "../catalog/matrix.ts";
import type { Pipeline } from "../catalog/pipeline.ts";
import { type Checked, sortDiagnostics } from "../source/diagnostic.ts";
import { type LoadOptions, loadPipeline, readCell } from "./load_pipeline.ts";
import { rankingMetric } from "./matrix_metric.ts";
import { type AddedAxes, NO_AXES, readMatrix } from "./matrix_section.ts";
import { readDocument, runNameOf } from "./pipeline_document.ts";
import { readPipelineText } from "./pipeline_text.ts";
import { newReport, type Report } from "./report.ts";

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

/** How a file is loaded, and what the command line adds to its matrix. */
export interface MatrixOptions extends LoadOptions {
  readonly added?: AddedAxes;
}

/**
 * Reads and checks a pipeline file as `train` runs it: one run, or one per cell of its matrix.
 *
 * @throws {RefusedError} when the file itself cannot be read
 * @throws {UsageError} where `cell` names no cell of its matrix
 */
export async function loadRuns(
  file: string,
  options: MatrixOptions = {},
): Promise<Checked<Matrix | SingleRun>> {
  const readText = options.readText ?? readPipelineText;
  const text = await readText(file);
  const overrides = options.overrides ?? [];
  const source = { name: file, text };
  const report = newReport();
  const document = readDocument(source, overrides, report);
  const name = document === undefined ? "" : runNameOf(document, file);
  const written = document === undefined || options.cell !== undefined
    ? null
    : readMatrix(document, name, options.added ?? NO_AXES, report);
  if (document === undefined || written === null) {
    return asOneRun(await loadPipeline(file, options), report);
  }
  const context = { text, overrides, source, options };
  const cells: LoadedCell[] = [];
  for (const placed of written.cells) {
    const pipeline = await readCell(document, placed, context, report);
    const { assignments: _, place: __, ...cell } = placed;
    if (pipeline !== undefined) cells.push({ cell, pipeline });
  }
  // Where no cell can be read, the pipeline around the matrix still tells which steps there are.
  const sample = cells[0]?.pipeline ??
    await readCell(document, { assignments: [] }, context, report);
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
  const findings = report.findings();
  if (report.failed) return { ok: false, diagnostics: findings };
  return {
    ok: true,
    warnings: findings,
    value: {
      ...{ kind: "matrix", file, name, cells, metric },
      axes: axisNames(cells),
      seeds: written.seeds,
      search: written.search,
    },
  };
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

/** What is wrong with the matrix and with the pipeline around it is told together. */
function asOneRun(
  loaded: Checked<Pipeline>,
  report: Report,
): Checked<SingleRun> {
  if (loaded.ok && !report.failed) {
    return { ...loaded, value: { kind: "run", pipeline: loaded.value } };
  }
  const found = loaded.ok ? loaded.warnings : loaded.diagnostics;
  return {
    ok: false,
    diagnostics: sortDiagnostics([...report.findings(), ...found]),
  };
}
