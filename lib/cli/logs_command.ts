// `fluxline logs`: the log of a step's last attempt, and what it goes on to say. Writes nothing.
import { basename, dirname, join } from "node:path";
import { SYSTEM_CLOCK } from "../clock/clock.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { withoutControls } from "../report/markup.ts";
import { attemptNumbers } from "../store/attempt_history.ts";
import { requireRunsFolder } from "../store/runs_folder.ts";
import { inspectWorkLock, sharingOf } from "../store/shared_folder.ts";
import { findStepFolder, runPaths, stepPaths } from "../store/store_layout.ts";
import { LOG_FILE } from "../worker/attempt_files.ts";
import { chosenRun, stepOfRun } from "./chosen_run.ts";
import { knownJobs } from "./known_jobs.ts";
import type { Print } from "./plan_command.ts";

/** Options of `logs`. */
export interface LogsCommandOptions {
  /** Folder of all runs. */
  readonly runs: string;
  readonly run?: string;
  readonly follow?: true;
  /** Print one JSON object per line of the log. */
  readonly json?: true;
}

const POLL_MS = 300;
/** Looks in a row that find a step over: a job says that it begins a moment before it takes the step's lock. */
const LOOKS = 2;
/** Each look at the queue asks the cluster's controller. */
const QUEUE_LOOK_MS = 2000;

/** Prints the log; with `follow` until the step is over or its run has no runner. */
export async function logsCommand(
  step: string,
  options: LogsCommandOptions,
  print: Print,
): Promise<ExitCode> {
  requireRunsFolder(options.runs);
  const run = chosenRun(options.runs, options.run);
  const { name, key } = await stepOfRun(options.runs, run, step);
  let place = "";
  let printed = 0;
  let overLooks = 0;
  const isGone = queueLook(options.runs, run);
  for (;;) {
    // Asked first: what the step wrote before its end is then read below.
    const looksOver = options.follow !== true ||
      await isStepOver(options.runs, run, step, isGone);
    overLooks = looksOver ? overLooks + 1 : 0;
    const log = lastLog(findStepFolder(options.runs, key, name).folder);
    if (log !== null && log !== place) {
      place = log;
      printed = 0;
    }
    const lines = place === "" ? [] : await wholeLines(place);
    const attempt = Number(basename(dirname(place)));
    for (const line of lines.slice(printed)) {
      print.out(
        options.json === true
          ? JSON.stringify({ step, attempt, line })
          : withoutControls(line),
      );
    }
    printed = Math.max(printed, lines.length);
    if (overLooks === (options.follow === true ? LOOKS : 1)) break;
    await SYSTEM_CLOCK.sleep(POLL_MS);
  }
  if (place === "") print.err(`Step ${step} has no log yet`);
  return EXIT_CODE.done;
}

async function isStepOver(
  runsDir: string,
  run: string,
  name: string,
  isGone: (step: string) => Promise<boolean>,
): Promise<boolean> {
  const { state, key } = await stepOfRun(runsDir, run, name);
  // A job that was cancelled before it began leaves the records as they were.
  if (state === "queued") return await isGone(name);
  if (state !== "waiting" && state !== "running") return true;
  // A runner holds the run's lock all the time; a job of a cluster holds that of its step alone.
  const { runnerLock } = stepPaths(findStepFolder(runsDir, key, name).folder);
  const sharing = await sharingOf(runsDir);
  const states = await Promise.all(
    [runPaths(runsDir, run).lock, runnerLock].map((path) =>
      inspectWorkLock(path, sharing)
    ),
  );
  return states.every(({ kind }) => kind === "free");
}

/** Answers whether the queue has no job of a step any more, from a look that is a moment old at most; false where it cannot be asked. */
function queueLook(
  runsDir: string,
  run: string,
): (step: string) => Promise<boolean> {
  let gone: ReadonlySet<string> = new Set();
  let lookedMs = -Infinity;
  return async (step) => {
    if (SYSTEM_CLOCK.elapsedMs() - lookedMs > QUEUE_LOOK_MS) {
      lookedMs = SYSTEM_CLOCK.elapsedMs();
      gone = (await knownJobs(runsDir, run))?.gone ?? new Set();
    }
    return gone.has(step);
  };
}

function lastLog(folder: string): string | null {
  const { attempts } = stepPaths(folder);
  const last = attemptNumbers(attempts).at(-1);
  return last === undefined ? null : join(attempts, String(last), LOG_FILE);
}

/** The lines that are whole; the attempt may have made its folder and no log yet. */
async function wholeLines(path: string): Promise<string[]> {
  try {
    return (await Deno.readTextFile(path)).split("\n").slice(0, -1);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
