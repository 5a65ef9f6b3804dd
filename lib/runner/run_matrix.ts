// Runs the cells of a matrix, each a run of its own, and sums up what they have come to.
import type { LoadedCell } from "../catalog/matrix.ts";
import type { Matrix } from "../config/load_matrix.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { Failure } from "../error/failure.ts";
import { readCellResults } from "../matrix/cell_results.ts";
import { nextRuns } from "../matrix/halving.ts";
import { type MatrixFacts, matrixFacts } from "../matrix/matrix_facts.ts";
import { matrixRecord, writeMatrixRecord } from "../matrix/matrix_record.ts";
import { requireRunsFolder } from "../store/runs_folder.ts";
import { shareFolder, sharingOf } from "../store/shared_folder.ts";
import { MatrixPresence } from "./matrix_presence.ts";
import type { RunNotice } from "./run_notice.ts";
import type { RunSummary } from "./run_summary.ts";
import { type RunOptions, runPipeline } from "./runner.ts";
import { StepGate } from "./step_gate.ts";
import { StopControl } from "./stop_control.ts";
import { SubmitBatch } from "./submit_batch.ts";

/** How to run a matrix; `jobs` counts the steps of all cells together. */
export interface MatrixRunOptions
  extends
    Omit<RunOptions, "observe" | "gate" | "batch" | "only" | "force" | "from"> {
  /** End with the first cell that fails, instead of running the others. */
  readonly failFast?: boolean;
  /** Receives what the runs of the cells tell. */
  readonly observe?: (cell: CellTurn, notice: RunNotice) => void;
  /** Called with one sentence where the page about the matrix cannot be written. */
  readonly onReportFailure?: (text: string) => void;
  /** Called when a cell's run is over. */
  readonly onEnd?: (cell: CellTurn, ended: EndedCell) => void;
}

/** A cell whose turn it is. */
export interface CellTurn {
  readonly run: string;
  readonly label: string;
  /** Counts from 1, in the order of starts. */
  readonly number: number;
  /** How many cells are known to run in this process. */
  readonly of: number;
}

/** How the run of a cell ended. */
export interface EndedCell {
  readonly run: string;
  readonly label: string;
  readonly exitCode: ExitCode;
  /** Null where it could not begin. */
  readonly summary: RunSummary | null;
  /** Why it could not begin, or why its first step failed; null where neither. */
  readonly failure: Failure | null;
}

/** How a matrix ended. */
export interface MatrixSummary {
  readonly facts: MatrixFacts;
  /** Whose turn it was, in the order of their ends; finished ones are not run again, but count. */
  readonly ended: readonly EndedCell[];
  /** That of the first cell that failed, else of the signal, else 0. */
  readonly exitCode: ExitCode;
  readonly elapsedMs: number;
  /** Path of the page about the matrix; null where it could not be written. */
  readonly report: string | null;
}

/**
 * Runs what is left of the matrix; failed cells are part of the answer. Cells whose runs are finished are looked at and left as
 * they are, so that a value that was added costs its own cells only.
 *
 * @throws UsageError where the runs folder is none
 */
export async function runMatrix(
  matrix: Matrix,
  options: MatrixRunOptions,
): Promise<MatrixSummary> {
  requireRunsFolder(options.runsDir);
  const start = performance.now();
  const record = matrixRecord(matrix);
  await writeMatrixRecord(options.runsDir, record);
  const sharing = options.executor === "slurm"
    ? await shareFolder(options.runsDir)
    : await sharingOf(options.runsDir);
  await using presence = new MatrixPresence(
    options.runsDir,
    matrix.name,
    sharing,
  );
  const stop = options.stop ?? new StopControl();
  const scene: MatrixScene = {
    ...{ name: matrix.name, options, stop, presence },
    gate: new StepGate(options.jobs ?? 1),
    ended: [],
    stops: new Set(),
  };
  const tried = new Set<string>();
  let results = await readCellResults(options.runsDir, record);
  for (;;) {
    const runs = nextRuns({ ...matrix, results, tried });
    if (runs.length === 0 || isOver(scene)) break;
    for (const run of runs) tried.add(run);
    await runCells(
      matrix.cells.filter(({ cell }) => runs.includes(cell.run)),
      scene,
    );
    results = await readCellResults(options.runsDir, record);
  }
  const facts = await matrixFacts(record, results);
  return {
    ...{ facts, ended: scene.ended },
    exitCode: exitCodeOf(scene),
    elapsedMs: performance.now() - start,
    report: await writeReport(options, facts),
  };
}

/** The page is derived: no failure to write it is one of the runs. */
async function writeReport(
  { runsDir, onReportFailure }: MatrixRunOptions,
  facts: MatrixFacts,
): Promise<string | null> {
  try {
    const { writeMatrixReport } = await import(
      "../report/write_matrix_report.ts"
    );
    return await writeMatrixReport(runsDir, facts);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    onReportFailure?.(`Cannot write the report of the matrix: ${why}`);
    return null;
  }
}

interface MatrixScene {
  readonly name: string;
  readonly options: MatrixRunOptions;
  readonly stop: StopControl;
  readonly presence: MatrixPresence;
  readonly gate: StepGate;
  readonly ended: EndedCell[];
  /** Of the cells that run now. */
  readonly stops: Set<StopControl>;
}

function isOver({ stop, options, ended }: MatrixScene): boolean {
  return stop.asked.aborted ||
    (options.failFast === true &&
      ended.some(({ failure }) => failure !== null));
}

/**
 * As many cells side by side as there are jobs; the gate lets the steps of all of them in. On a cluster all cells go together:
 * its queue holds back what has to wait.
 */
async function runCells(
  cells: readonly LoadedCell[],
  scene: MatrixScene,
): Promise<void> {
  const waiting = [...cells];
  const before = scene.ended.length;
  let started = 0;
  const isOnCluster = scene.options.executor === "slurm";
  const runs = cells.map(({ cell }) => cell.run);
  const batch = isOnCluster ? new SubmitBatch(scene.name, runs) : null;
  const lane = async () => {
    for (;;) {
      const next = isOver(scene) ? undefined : waiting.shift();
      if (next === undefined) return;
      started++;
      await scene.presence.show();
      await runCell(next, {
        run: next.cell.run,
        label: next.cell.label,
        number: before + started,
        of: before + cells.length,
      }, { ...scene, batch });
    }
  };
  const lanes = isOnCluster
    ? cells.length
    : Math.min(scene.options.jobs ?? 1, cells.length);
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function runCell(
  { pipeline }: LoadedCell,
  turn: CellTurn,
  scene: MatrixScene & { readonly batch: SubmitBatch | null },
): Promise<void> {
  const { options, gate, batch } = scene;
  using own = ownStop(scene);
  const { run, label } = turn;
  let ended: EndedCell;
  try {
    const summary = await runPipeline(pipeline, {
      ...options,
      ...{ gate, stop: own.stop },
      ...(batch === null ? {} : { batch }),
      observe: (notice) => options.observe?.(turn, notice),
    });
    const failed = summary.steps.find(({ failure }) => failure !== null);
    const { exitCode } = summary;
    ended = { run, label, exitCode, summary, failure: failed?.failure ?? null };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { exitCode } = error;
    ended = { run, label, exitCode, summary: null, failure: error };
  } finally {
    batch?.leave(run);
  }
  scene.ended.push(ended);
  options.onEnd?.(turn, ended);
  if (options.failFast !== true || ended.failure === null) return;
  // The others save and leave; the same command goes on with them.
  for (const other of scene.stops) other.request("SIGTERM");
}

/** A control for one cell that follows the one for all. */
function ownStop(
  { stop, stops }: MatrixScene,
): Disposable & { readonly stop: StopControl } {
  const own = new StopControl();
  const ask = () => own.request(stop.cause ?? "SIGTERM");
  const force = () => own.force();
  stop.asked.addEventListener("abort", ask);
  stop.forced.addEventListener("abort", force);
  if (stop.asked.aborted) ask();
  stops.add(own);
  return {
    stop: own,
    [Symbol.dispose]: () => {
      stops.delete(own);
      stop.asked.removeEventListener("abort", ask);
      stop.forced.removeEventListener("abort", force);
    },
  };
}

function exitCodeOf({ ended, stop }: MatrixScene): ExitCode {
  const failed = ended.find(({ failure }) => failure !== null);
  if (failed !== undefined) return failed.exitCode;
  return stop.asked.aborted ? stop.exitCode : EXIT_CODE.done;
}
