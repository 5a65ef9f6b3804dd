// `fluxline metrics`: every metric row of a step or of all, for a person or for another program.
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { type MetricRow, readMetricRows } from "../metrics/metric_log.ts";
import { textTable } from "../plan/text_table.ts";
import { requireRunsFolder } from "../store/runs_folder.ts";
import { readRunManifest, type RunStep } from "../store/run_record.ts";
import { findStepFolder, stepPaths } from "../store/store_layout.ts";
import { chosenRun, stepOfRun } from "./chosen_run.ts";
import type { Print } from "./plan_command.ts";

/** Options of `metrics`. */
export interface MetricsCommandOptions {
  /** Folder of all runs. */
  readonly runs: string;
  readonly run?: string;
  readonly csv?: true;
  readonly json?: true;
}

/** Prints the rows; as a table with four digits, otherwise with all of them. */
export async function metricsCommand(
  step: string | undefined,
  options: MetricsCommandOptions,
  print: Print,
): Promise<ExitCode> {
  requireRunsFolder(options.runs);
  const run = chosenRun(options.runs, options.run);
  const rows = step === undefined
    ? await rowsOfAll(options.runs, run)
    : await rowsOf(await stepOfRun(options.runs, run, step), options.runs);
  if (options.json === true) print.out(JSON.stringify(rows, null, 2));
  else if (options.csv === true) print.out(csvText(tableOf(rows)));
  else if (rows.length === 0) {
    const none = step === undefined
      ? `No step of run ${run} has metric rows`
      : `Step ${step} has no metric rows`;
    print.out(none);
  } else print.out(textTable(tableOf(rows).map(shortRow)).join("\n"));
  return EXIT_CODE.done;
}

/** A row of one of several steps names it. */
type StepRow = MetricRow & { readonly step?: string };

async function rowsOf(
  { name, key }: RunStep,
  runsDir: string,
): Promise<MetricRow[]> {
  const { folder } = findStepFolder(runsDir, key, name);
  return await readMetricRows(stepPaths(folder).metrics);
}

async function rowsOfAll(runsDir: string, run: string): Promise<StepRow[]> {
  const steps = (await readRunManifest(runsDir, run))?.steps ?? [];
  const rows = await Promise.all(
    steps.map(async (step) =>
      (await rowsOf(step, runsDir)).map((row) => ({ step: step.name, ...row }))
    ),
  );
  return rows.flat();
}

type Cell = string | number | null;

/** A head, then one row per row; a column for each metric and each rate, in the order of their first row. */
function tableOf(rows: readonly StepRow[]): Cell[][] {
  const metrics = new Set(rows.flatMap((row) => Object.keys(row.metrics)));
  const rates = new Set(
    rows.flatMap((row) => Object.keys(row.learning_rates ?? {})),
  );
  const isOfSeveral = rows.some(({ step }) => step !== undefined);
  const head = [
    ...(isOfSeveral ? ["step"] : []),
    ...["kind", "epoch", "batch", "global_step"],
  ];
  return [
    [...head, ...metrics, ...[...rates].map((name) => `learning_rate_${name}`)],
    ...rows.map((row) => [
      ...(isOfSeveral ? [row.step ?? null] : []),
      row.kind,
      row.epoch,
      row.batch,
      row.global_step,
      ...[...metrics].map((name) => row.metrics[name] ?? null),
      ...[...rates].map((name) => row.learning_rates?.[name] ?? null),
    ]),
  ];
}

function csvText(table: readonly (readonly Cell[])[]): string {
  return table.map((row) => row.map(csvCell).join(",")).join("\n");
}

/** RFC 4180; the metrics of a script may have any name. */
function csvCell(cell: Cell): string {
  const text = String(cell ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function shortRow(row: readonly Cell[]): string[] {
  return row.map((cell) =>
    typeof cell === "number" && !Number.isInteger(cell)
      ? String(Number(cell.toPrecision(4)))
      : String(cell ?? "-")
  );
}
