// A pipeline file to a checked Pipeline, or to everything that is wrong with it at once.
import type { Pipeline } from "../catalog/pipeline.ts";
import { digestRecord } from "../disk/digest.ts";
import { UsageError } from "../error/failure.ts";
import type { Checked } from "../source/diagnostic.ts";
import { exactValue, type LocatedMap } from "../source/located_tree.ts";
import type { SourceText } from "../source/position.ts";
import { didYouMean } from "../source/suggestion.ts";
import {
  type AddedAxes,
  NO_AXES,
  type PlacedCell,
  readMatrix,
  type WrittenMatrix,
} from "./matrix_section.ts";
import { assign } from "./overrides.ts";
import { readDocument, runNameOf } from "./pipeline_document.ts";
import { readPipelineText } from "./pipeline_text.ts";
import { type ReadOptions, readPipeline } from "./read_pipeline.ts";
import { newReport, type Report } from "./report.ts";

export { findPipelines } from "./find_pipelines.ts";
export { PipelineRefused } from "./pipeline_refused.ts";

/** How a pipeline is loaded. */
export interface LoadOptions extends ReadOptions {
  /** Changes to the file, each `a.b=value`, in order. */
  readonly overrides?: readonly string[];
  /** The cell of its matrix that is meant; left out, the pipeline is that of the file without its matrix. */
  readonly cell?: string;
  /** What the command line adds to the matrix. */
  readonly added?: AddedAxes;
  /** Refuse a file that stands for many runs, unless `cell` names one of them. */
  readonly needsOneRun?: boolean;
}

/**
 * Reads and checks a pipeline file. Nothing is run, nothing but the file and the existence of its data is looked at.
 *
 * @throws {RefusedError} when the file itself cannot be read
 * @throws {UsageError} where `cell` names no cell of its matrix
 */
export async function loadPipeline(
  file: string,
  options: LoadOptions = {},
): Promise<Checked<Pipeline>> {
  const report = newReport();
  const opened = await openPipeline(file, options, report);
  if (opened === undefined) {
    return { ok: false, diagnostics: report.findings() };
  }
  const { document } = opened;
  const name = runNameOf(document, file);
  const matrix = readMatrix(document, name, options.added ?? NO_AXES, report);
  if (matrix !== null && options.needsOneRun === true && !options.cell) {
    refuseMany(matrix, report);
  }
  const pipeline = options.cell === undefined
    ? await readWhole(opened, report)
    : await readCell(
      opened,
      cellCalled(options.cell, matrix?.cells ?? [], file),
      report,
    );
  return checked(pipeline, report);
}

/** A file that was read: all of its runs are made of this document. */
export interface OpenedPipeline {
  readonly document: LocatedMap;
  readonly source: SourceText;
  readonly overrides: readonly string[];
  readonly options: ReadOptions;
}

/**
 * Reads the file and lays the overrides on it; undefined where what is wrong was reported.
 *
 * @throws {RefusedError} when the file itself cannot be read
 */
export async function openPipeline(
  file: string,
  options: LoadOptions,
  report: Report,
): Promise<OpenedPipeline | undefined> {
  const text = await (options.readText ?? readPipelineText)(file);
  const source = { name: file, text };
  const overrides = options.overrides ?? [];
  const document = readDocument(source, overrides, report);
  return document === undefined
    ? undefined
    : { document, source, overrides, options };
}

/** The pipeline of the file without its matrix. */
export async function readWhole(
  { document, source, overrides, options }: OpenedPipeline,
  report: Report,
): Promise<Pipeline | undefined> {
  const digest = digestRecord([source.text, overrides]);
  return await readPipeline(document, { source, options, digest }, report);
}

/** The pipeline of one cell. */
export async function readCell(
  { document, source, overrides, options }: OpenedPipeline,
  { assignments }: Pick<PlacedCell, "assignments">,
  report: Report,
): Promise<Pipeline | undefined> {
  const entries = new Map(document.entries);
  entries.delete("matrix");
  const changed = assign({ ...document, entries }, assignments, report);
  const values = assignments.map(({ path, value }) => [
    path.map(({ name }) => name),
    exactValue(value),
  ]);
  const digest = digestRecord([source.text, overrides, values]);
  return await readPipeline(changed, { source, options, digest }, report);
}

/** The value with what was found, or all that is wrong with it. */
export function checked<T>(value: T | undefined, report: Report): Checked<T> {
  const findings = report.findings();
  return value === undefined || report.failed
    ? { ok: false, diagnostics: findings }
    : { ok: true, value, warnings: findings };
}

function refuseMany(
  { cells, place }: WrittenMatrix,
  report: Report,
): void {
  const labels = cells.slice(0, 3).map(({ label }) => label).join(", ");
  report.error(
    place,
    `Cannot tell which run is meant: the matrix stands for ${cells.length}`,
    `Name one with --cell, such as ${labels}; \`fluxline plan\` shows all`,
  );
}

function cellCalled(
  name: string,
  cells: readonly PlacedCell[],
  file: string,
): PlacedCell {
  const found = cells.find(({ label, run }) => label === name || run === name);
  if (found !== undefined) return found;
  const labels = cells.map(({ label }) => label);
  throw new UsageError(
    `Cannot find cell "${name}" in the matrix of "${file}"${
      didYouMean(name, labels)
    }`,
    {
      hint: labels.length === 0
        ? "The file has no matrix; leave --cell out"
        : "`fluxline plan` shows its cells",
    },
  );
}
