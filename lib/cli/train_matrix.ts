// `fluxline train` and `fluxline sweep` on a pipeline that stands for many runs.
import { rankingName } from "../catalog/matrix.ts";
import type { Matrix } from "../config/load_matrix.ts";
import { ANY_ENGINE } from "../engine_setup/engine_wish.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { RefusedError, UsageError } from "../error/failure.ts";
import { formatDuration } from "../clock/duration.ts";
import type { MatrixFacts } from "../matrix/matrix_facts.ts";
import { knownMetrics } from "../matrix/ranking.ts";
import {
  type CellTurn,
  type EndedCell,
  type MatrixSummary,
  runMatrix,
} from "../runner/run_matrix.ts";
import type { RunNotice } from "../runner/run_notice.ts";
import {
  CheckpointWish,
  listenForCheckpointSignal,
} from "../runner/checkpoint_wish.ts";
import { summaryToJson } from "../runner/run_summary.ts";
import { listenForSignals, StopControl } from "../runner/stop_control.ts";
import { shownPath } from "../worker/permissions.ts";
import { matrixTable, matrixTotals, verdictText } from "./matrix_table.ts";
import { CellLogs } from "./cell_logs.ts";
import { plainProgress } from "./plain_progress.ts";
import { failureText } from "./show_failure.ts";
import type { Terminal } from "./terminal.ts";
import type { TrainOptions } from "./train_command.ts";

/** Runs every cell, shows the table of results, and answers the exit code. */
export async function trainMatrix(
  matrix: Matrix,
  options: TrainOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  refuseForOneRun(matrix, options);
  const stop = new StopControl();
  using _signals = listenForSignals(stop);
  const print = options.json === true
    ? (line: string) => terminal.err(line)
    : (line: string) => terminal.out(line);
  await using logs = await CellLogs.open(matrix);
  const isQuiet = options.quiet === true;
  if (!isQuiet) print(headline(matrix));
  const progress = new CellProgress((run, line) => {
    if (!isQuiet) print(line);
    logs.write(run, line);
  });
  // Without a listener the signal would end this process.
  const checkpointWish = new CheckpointWish();
  using _wishes = listenForCheckpointSignal(checkpointWish);
  const summary = await runMatrix(matrix, {
    runsDir: options.runs,
    jobs: options.jobs,
    executor: options.executor ?? "local",
    engine: options.engine ?? ANY_ENGINE,
    sameEngine: options.sameEngine ?? false,
    ignoreFreeSpace: options.ignoreFreeSpace ?? false,
    failFast: options.failFast ?? false,
    ...{ stop, checkpointWish },
    ...(options.wait === undefined ? {} : { waitMs: options.wait }),
    onReportFailure: (text) => terminal.err(`warning: ${text}`),
    observe: (cell, notice) => {
      progress.observe(cell, notice);
      // Whoever waits for a message must learn that none was sent.
      if (isQuiet && notice.kind === "hook_failed") terminal.err(notice.text);
    },
    onEnd: (cell, ended) => {
      progress.end(cell, ended);
      if (ended.failure !== null) {
        terminal.err(failureText(ended.failure, terminal.color));
      }
    },
  });
  const text = summaryText(summary);
  logs.writeAll(text);
  if (options.json === true) {
    terminal.out(JSON.stringify(matrixToJson(summary), null, 2));
  } else terminal.out(text);
  const missing = missingMetric(summary.facts);
  if (missing === null) return summary.exitCode;
  terminal.err(failureText(missing, terminal.color));
  return summary.exitCode === EXIT_CODE.done
    ? missing.exitCode
    : summary.exitCode;
}

function refuseForOneRun({ file }: Matrix, options: TrainOptions): void {
  const given = [
    ...(options.force.length > 0 ? ["--force"] : []),
    ...(options.from.length > 0 ? ["--from"] : []),
    ...(options.only === undefined ? [] : ["--only"]),
  ];
  if (given.length === 0) return;
  throw new UsageError(
    `Cannot apply ${given.join(" and ")} to "${file}": it stands for many runs`,
    { hint: "Name the run that is meant with --cell; `plan` shows them" },
  );
}

function headline({ name, cells, seeds, search }: Matrix): string {
  if (search === null) return `Matrix "${name}": ${cells.length} cells`;
  const paid = search.budget * (seeds?.length ?? 1);
  // A search by halving has cells for every draw in every round, and runs as many as its budget pays for.
  const most = search.type === "halving"
    ? Math.min(cells.length, paid)
    : cells.length;
  return `Matrix "${name}": ${most} cells at most, drawn by ${search.type} search`;
}

/** Lines of progress with the cell in front of them. */
class CellProgress {
  readonly #print: (run: string, line: string) => void;
  readonly #lines = new Map<string, (notice: RunNotice) => void>();

  constructor(print: (run: string, line: string) => void) {
    this.#print = print;
  }

  observe(cell: CellTurn, notice: RunNotice): void {
    const lines = this.#lines.get(cell.run) ??
      plainProgress((line) =>
        this.#print(cell.run, `${labelOf(cell)} ${line}`)
      );
    this.#lines.set(cell.run, lines);
    lines(notice);
  }

  end(cell: CellTurn, { summary }: EndedCell): void {
    this.#lines.delete(cell.run);
    const word = summary === null
      ? "could not start"
      : summary.outcome === "nothing_to_do"
      ? "nothing left to do"
      : `${summary.outcome} after ${formatDuration(summary.elapsedMs)}`;
    this.#print(cell.run, `${labelOf(cell)} ${word}`);
  }
}

function labelOf({ number, of, label }: CellTurn): string {
  return `(${number}/${of}) ${label}:`;
}

function summaryText(
  { facts, elapsedMs, exitCode, report }: MatrixSummary,
): string {
  const { record, rows, verdicts } = facts;
  const again = exitCode === EXIT_CODE.done
    ? ""
    : "; the same command goes on with the others";
  return [
    `Matrix "${record.name}": ${matrixTotals(rows)} after ${
      formatDuration(elapsedMs)
    }${again}`,
    "",
    ...matrixTable(facts),
    ...(verdicts.length === 0 ? [] : ["", ...verdicts.map(verdictText)]),
    ...(report === null ? [] : ["", `Report: ${shownPath(report)}`]),
  ].join("\n");
}

/** Finished runs without the metric that ranks them: a name that only they could tell to be wrong. */
function missingMetric(
  { record, results, rows }: MatrixFacts,
): RefusedError | null {
  const { metric } = record;
  const isMissing = metric?.isNamed === true &&
    results.some(({ state }) => state === "done") &&
    rows.every(({ mean }) => mean === null);
  if (!isMissing) return null;
  return new RefusedError(
    `Cannot rank by "${rankingName(metric)}": no run has it`,
    {
      hint: `Write one that they have: ${
        knownMetrics(results).join(", ") || "none has any"
      }`,
    },
  );
}

function matrixToJson(
  { facts, ended, exitCode, elapsedMs, report }: MatrixSummary,
): Record<string, unknown> {
  const { record, rows, verdicts } = facts;
  const { name, pipeline, axes, seeds, metric, search } = record;
  return {
    matrix: name,
    ...{ pipeline, axes, seeds, metric, search, exitCode, elapsedMs },
    ...{ rows, verdicts },
    report: report === null ? null : shownPath(report),
    runs: ended.map(({ summary, failure, ...cell }) => ({
      ...cell,
      failure: failure === null
        ? null
        : { message: failure.message, hint: failure.hint ?? null },
      summary: summary === null ? null : summaryToJson(summary),
    })),
  };
}
