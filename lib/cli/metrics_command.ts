// `fluxline metrics`: every metric row of a step, for a person or for another program.
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { type MetricRow, readMetricRows } from "../metrics/metric_log.ts";
import { textTable } from "../plan/text_table.ts";
import { requireRunsFolder } from "../store/runs_folder.ts";
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
  step: string,
  options: MetricsCommandOptions,
  print: Print,
): Promise<ExitCode> {
  requireRunsFolder(options.runs);
  const run = chosenRun(options.runs, options.run);
  const { name, key } = await stepOfRun(options.runs, run, step);
  const { folder } = findStepFolder(options.runs, key, name);
  const rows = await readMetricRows(stepPaths(folder).metrics);
  if (options.json === true) print.out(JSON.stringify(rows, null, 2));
  else if (options.csv === true) print.out(csvText(tableOf(rows)));
  else if (rows.length === 0) print.out(`Step ${name} has no metric rows`);
  else print.out(textTable(tableOf(rows).map(shortRow)).join("\n"));
  return EXIT_CODE.done;
}

type Cell = string | number | null;

/** A head, then one row per row; a column for each metric and each rate, in the order of their first row. */
function tableOf(rows: readonly MetricRow[]): Cell[][] {
  const metrics = new Set(rows.flatMap((row) => Object.keys(row.metrics)));
  const rates = new Set(
    rows.flatMap((row) => Object.keys(row.learning_rates ?? {})),
  );
  const head = ["kind", "epoch", "batch", "global_step"];
  return [
    [...head, ...metrics, ...[...rates].map((name) => `learning_rate_${name}`)],
    ...rows.map((row) => [
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
