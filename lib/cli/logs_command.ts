// `fluxline logs`: the log of a step's last attempt, and what it goes on to say. Writes nothing.
import { join } from "node:path";
import { SYSTEM_CLOCK } from "../clock/clock.ts";
import { FileLock } from "../disk/file_lock.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { attemptNumbers } from "../report/attempt_facts.ts";
import { withoutControls } from "../report/markup.ts";
import { requireRunsFolder } from "../store/runs_folder.ts";
import { findStepFolder, runPaths, stepPaths } from "../store/store_layout.ts";
import { LOG_FILE } from "../worker/attempt_files.ts";
import { chosenRun, stepOfRun } from "./chosen_run.ts";
import type { Print } from "./plan_command.ts";

/** Options of `logs`. */
export interface LogsCommandOptions {
  /** Folder of all runs. */
  readonly runs: string;
  readonly run?: string;
  readonly follow?: true;
}

const POLL_MS = 300;

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
  for (;;) {
    // Asked first: what the step wrote before its end is then read below.
    const isOver = options.follow !== true ||
      await isStepOver(options.runs, run, step);
    const log = lastLog(findStepFolder(options.runs, key, name).folder);
    if (log !== null && log !== place) {
      place = log;
      printed = 0;
    }
    const lines = place === "" ? [] : await wholeLines(place);
    for (const line of lines.slice(printed)) print.out(withoutControls(line));
    printed = Math.max(printed, lines.length);
    if (isOver) break;
    await SYSTEM_CLOCK.sleep(POLL_MS);
  }
  if (place === "") print.err(`Step ${step} has no log yet`);
  return EXIT_CODE.done;
}

async function isStepOver(
  runsDir: string,
  run: string,
  name: string,
): Promise<boolean> {
  const { lock } = runPaths(runsDir, run);
  if ((await FileLock.inspect(lock)).kind === "free") return true;
  const { state } = await stepOfRun(runsDir, run, name);
  return state !== "waiting" && state !== "running";
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
