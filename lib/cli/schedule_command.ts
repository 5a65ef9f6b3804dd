// `fluxline schedule list|next|history|pause|resume`: looks at schedules and their ticks, and lets them rest.
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { textTable } from "../plan/text_table.ts";
import {
  namedSchedules,
  type ScheduleOptions,
  withSchedules,
} from "./schedule_scene.ts";
import {
  isoOf,
  scheduleTable,
  scheduleToJson,
  tickTable,
  tickToJson,
  wallText,
} from "./schedule_view.ts";
import type { Terminal } from "./terminal.ts";

/** Options of commands that print a number of lines. */
export interface CountedOptions extends ScheduleOptions {
  readonly count: number;
}

/** Shows each schedule with its next time and its last tick. */
export async function listSchedules(
  names: readonly string[],
  options: ScheduleOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  return await withSchedules(options, terminal, ({ schedules, history }) => {
    const chosen = namedSchedules(schedules, names);
    const nowMs = Date.now();
    terminal.out(
      options.json === true
        ? toJson(chosen.map((one) => scheduleToJson(one, history, nowMs)))
        : scheduleTable(chosen, history, nowMs),
    );
    return Promise.resolve(EXIT_CODE.done);
  });
}

/** Shows the next times of each schedule, on its own clock and in UTC. */
export async function nextTimes(
  names: readonly string[],
  options: CountedOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  return await withSchedules(options, terminal, ({ schedules }) => {
    const found = namedSchedules(schedules, names).flatMap((schedule) => {
      const times: { name: string; wall: string; utc: string }[] = [];
      for (let at = Date.now(); times.length < options.count;) {
        const next = schedule.enabled ? schedule.times.next(at) : null;
        if (next === null) break;
        times.push({
          name: schedule.name,
          wall: wallText(next, schedule.zone),
          utc: isoOf(next),
        });
        at = next;
      }
      return times;
    });
    const rows = found.map(({ name, wall, utc }) => [name, wall, utc]);
    terminal.out(
      options.json === true
        ? toJson(
          found.map(({ name, wall, utc }) => ({ schedule: name, wall, utc })),
        )
        : textTable([["schedule", "its clock", "UTC"], ...rows]).join("\n"),
    );
    return Promise.resolve(EXIT_CODE.done);
  });
}

/** Shows the newest ticks, of one schedule or of all. */
export async function showHistory(
  name: string | undefined,
  options: CountedOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  return await withSchedules(options, terminal, ({ schedules, history }) => {
    const chosen = name === undefined
      ? null
      : namedSchedules(schedules, [name])[0]?.name ?? null;
    const ticks = history.newest(chosen, options.count);
    terminal.out(
      options.json === true
        ? toJson(ticks.map(tickToJson))
        : ticks.length === 0
        ? "no ticks yet"
        : tickTable(ticks),
    );
    return Promise.resolve(EXIT_CODE.done);
  });
}

/** Pauses or resumes a schedule; ticks that become due while it is paused are written down as skipped. */
export async function setPaused(
  name: string,
  isPaused: boolean,
  options: ScheduleOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  return await withSchedules(options, terminal, ({ schedules, history }) => {
    const nowMs = Date.now();
    for (const schedule of namedSchedules(schedules, [name])) {
      history.setPaused(schedule, isPaused, nowMs);
      terminal.out(
        options.json === true
          ? toJson(scheduleToJson(schedule, history, nowMs))
          : `schedule "${name}" is ${isPaused ? "paused" : "on again"}`,
      );
    }
    return Promise.resolve(EXIT_CODE.done);
  });
}

function toJson(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
