// `fluxline train`: runs or resumes a pipeline, shows how far it is, sums up.
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { UsageError } from "../error/failure.ts";
import type { ExecutorName } from "../catalog/executor_options.ts";
import { ANY_ENGINE, type EngineWish } from "../engine_setup/engine_wish.ts";
import { loadRuns } from "../config/load_matrix.ts";
import { type AddedAxes, NO_AXES } from "../config/matrix_section.ts";
import { renderDiagnostics } from "../source/diagnostic.ts";
import {
  CheckpointWish,
  listenForCheckpointSignal,
} from "../runner/checkpoint_wish.ts";
import type { RunObserver } from "../runner/run_notice.ts";
import { type RunSummary, summaryToJson } from "../runner/run_summary.ts";
import { runPipeline } from "../runner/runner.ts";
import { listenForSignals, StopControl } from "../runner/stop_control.ts";
import { shownPath } from "../worker/permissions.ts";
import { barProgress } from "./bar_progress.ts";
import { LogFile } from "./log_file.ts";
import { plainProgress } from "./plain_progress.ts";
import { requireRunPermissions } from "./process_permission.ts";
import { failureText } from "./show_failure.ts";
import { summaryText } from "./summary_table.ts";
import type { Terminal } from "./terminal.ts";
import { trainMatrix } from "./train_matrix.ts";

/** Options of the command, as commander gives them. */
export interface TrainOptions {
  readonly runs: string;
  readonly set: readonly string[];
  readonly force: readonly string[];
  readonly from: readonly string[];
  readonly jobs: number;
  /** `local` when left out. */
  readonly executor?: ExecutorName;
  readonly only?: string;
  /** The one cell of a matrix that is meant. */
  readonly cell?: string;
  /** Seeds per combination, in place of the matrix's own. */
  readonly seeds?: number;
  /** What a sweep adds to the matrix. */
  readonly added?: AddedAxes;
  /** A file that stands for one run is refused. */
  readonly needsMatrix?: boolean;
  /** End a matrix with its first failure. */
  readonly failFast?: boolean;
  /** `auto` when left out. */
  readonly engine?: EngineWish;
  readonly sameEngine?: true;
  readonly yes?: true;
  readonly ignoreFreeSpace?: true;
  readonly quiet?: true;
  readonly json?: true;
  /** Milliseconds; absent where the run does not wait. */
  readonly wait?: number;
}

/** Runs the pipeline in `file` and answers the exit code. */
export async function trainCommand(
  file: string,
  options: TrainOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  await requireRunPermissions("train", file);
  const loaded = await loadRuns(file, {
    overrides: options.set,
    ...(options.cell === undefined ? {} : { cell: options.cell }),
    added: options.added ?? { ...NO_AXES, seeds: options.seeds ?? null },
  });
  const { color } = terminal;
  const doubts = loaded.ok ? loaded.warnings : loaded.diagnostics;
  if (doubts.length > 0) {
    terminal.err(renderDiagnostics(doubts, { color }));
  }
  if (!loaded.ok) return EXIT_CODE.refused;
  if (loaded.value.kind === "matrix") {
    return await trainMatrix(loaded.value, options, terminal);
  }
  if (options.needsMatrix === true) {
    throw new UsageError(`Cannot sweep "${file}": nothing varies in it`, {
      hint:
        "Give values with --set key=1,2 or seeds with --seeds, or write a matrix",
    });
  }
  const { pipeline } = loaded.value;
  const stop = new StopControl();
  using _signals = listenForSignals(stop);
  const { log_file, log_level } = pipeline.output;
  await using log = log_file === null ? null : await LogFile.open(log_file);
  const toLog = log === null ? null : plainProgress((line) => log.write(line));
  using progress = openProgress(
    { ...options, ...(isQuiet(log_level) ? { quiet: true } : {}) },
    terminal,
  );
  const checkpointWish = new CheckpointWish();
  using _wishes = listenForCheckpointSignal(checkpointWish);
  const summary = await runPipeline(pipeline, {
    runsDir: options.runs,
    jobs: options.jobs,
    executor: options.executor ?? "local",
    ...(options.only === undefined ? {} : { only: options.only }),
    force: options.force,
    from: options.from,
    engine: options.engine ?? ANY_ENGINE,
    sameEngine: options.sameEngine ?? false,
    ignoreFreeSpace: options.ignoreFreeSpace ?? false,
    stop,
    observe: (notice) => {
      progress.observe(notice);
      toLog?.(notice);
    },
    checkpointWish,
    ...(options.wait === undefined ? {} : { waitMs: options.wait }),
    confirm: (question) =>
      options.yes === true ||
      (terminal.interactive && terminal.confirm(question)),
  });
  progress[Symbol.dispose]();
  showSummary(summary, options, terminal);
  log?.write(summaryText(summary));
  return summary.exitCode;
}

/** Python's levels above INFO leave the progress out, as --quiet does. */
function isQuiet(level: string | null): boolean {
  return level !== null && !["DEBUG", "INFO"].includes(level.toUpperCase());
}

interface Progress extends Disposable {
  readonly observe: RunObserver;
}

function openProgress(options: TrainOptions, terminal: Terminal): Progress {
  const silent = { [Symbol.dispose]: () => {} };
  if (options.quiet === true) {
    // Whoever waits for a message must learn that none was sent.
    const observe: RunObserver = (notice) => {
      if (notice.kind === "hook_failed") terminal.err(notice.text);
    };
    return { observe, ...silent };
  }
  // With --json standard output is the summary alone.
  if (options.json === true) {
    return {
      observe: plainProgress((line) => terminal.err(line)),
      ...silent,
    };
  }
  if (terminal.redraws) return barProgress(terminal);
  return { observe: plainProgress((line) => terminal.out(line)), ...silent };
}

function showSummary(
  summary: RunSummary,
  options: TrainOptions,
  terminal: Terminal,
): void {
  if (options.json === true) {
    terminal.out(JSON.stringify(summaryToJson(summary), null, 2));
  } else {
    terminal.out(summaryText(summary));
  }
  for (const step of summary.steps) {
    if (step.failure === null) continue;
    terminal.err(failureText(step.failure, terminal.color));
    if (step.attemptFolder !== null) {
      terminal.err(`  log: ${shownPath(step.attemptFolder)}/log.txt`);
    }
  }
}
