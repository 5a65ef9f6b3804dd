// What every schedule command works with: the checked schedules, the one that is named, and their history.
import type { Schedule } from "../schedule/schedule.ts";
import {
  chosenScheduleFiles,
  loadSchedules,
} from "../schedule/load_schedules.ts";
import { TickHistory } from "../schedule/history.ts";
import {
  type SchedulePaths,
  schedulePaths,
} from "../schedule/schedule_paths.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { UsageError } from "../error/failure.ts";
import { renderDiagnostics } from "../source/diagnostic.ts";
import { didYouMean } from "../source/suggestion.ts";
import { requireRunsFolder } from "../store/runs_folder.ts";
import type { Terminal } from "./terminal.ts";

/** Options that every schedule command has. */
export interface ScheduleOptions {
  readonly runs: string;
  /** Files of schedules, as named. */
  readonly file: readonly string[];
  readonly json?: true;
}

/** What a command works with. */
export interface ScheduleScene {
  readonly schedules: readonly Schedule[];
  readonly history: TickHistory;
  readonly paths: SchedulePaths;
}

/** Reads the schedules and opens their history for `act`; answers 3 where the schedules are refused. */
export async function withSchedules(
  options: ScheduleOptions,
  terminal: Terminal,
  act: (scene: ScheduleScene) => Promise<ExitCode>,
): Promise<ExitCode> {
  requireRunsFolder(options.runs);
  const files = await chosenScheduleFiles(options.file);
  const loaded = await loadSchedules(files, Date.now());
  const doubts = loaded.ok ? loaded.warnings : loaded.diagnostics;
  if (doubts.length > 0) {
    terminal.err(renderDiagnostics(doubts, { color: terminal.color }));
  }
  if (!loaded.ok) return EXIT_CODE.refused;
  const paths = schedulePaths(options.runs);
  using history = await TickHistory.open(paths.history);
  return await act({ schedules: loaded.value, history, paths });
}

/**
 * The schedules of those names, or all where none is named.
 *
 * @throws {UsageError} where a name is none of a schedule
 */
export function namedSchedules(
  schedules: readonly Schedule[],
  names: readonly string[],
): readonly Schedule[] {
  if (names.length === 0) return schedules;
  return names.map((name) => {
    const found = schedules.find((schedule) => schedule.name === name);
    if (found !== undefined) return found;
    const known = schedules.map((schedule) => schedule.name);
    throw new UsageError(
      `Cannot find schedule "${name}"${didYouMean(name, known)}`,
      { hint: `Schedules are ${known.join(", ")}; --file names other files` },
    );
  });
}
