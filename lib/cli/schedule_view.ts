// Schedules and ticks as text and as data.
import { formatDuration } from "../clock/duration.ts";
import { textTable } from "../plan/text_table.ts";
import type { TickHistory } from "../schedule/history.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Tick } from "../schedule/tick.ts";
import type { TimeZone } from "../clock/time_zone.ts";

/** One schedule, as `schedule list --json` prints it. */
export function scheduleToJson(
  schedule: Schedule,
  history: TickHistory,
  nowMs: number,
): Record<string, unknown> {
  const { name, pipeline, cron, time_zone, enabled, overlap, set, executor } =
    schedule;
  const nextMs = enabled ? schedule.times.next(nowMs) : null;
  const [last] = history.newest(name, 1);
  return {
    name,
    pipeline,
    cron,
    time_zone,
    set,
    enabled,
    paused: history.isPaused(name),
    overlap,
    executor,
    catch_up: schedule.catch_up,
    next: nextMs === null ? null : isoOf(nextMs),
    last: last === undefined ? null : tickToJson(last),
  };
}

/** The table of `schedule list`. */
export function scheduleTable(
  schedules: readonly Schedule[],
  history: TickHistory,
  nowMs: number,
): string {
  const rows = schedules.map((schedule) => {
    const { name, zone, enabled } = schedule;
    const nextMs = enabled ? schedule.times.next(nowMs) : null;
    const state = !enabled ? "off" : history.isPaused(name) ? "paused" : "on";
    const [last] = history.newest(name, 1);
    return [
      name,
      state,
      `${schedule.cron} ${schedule.time_zone}`,
      nextMs === null ? "never" : wallText(nextMs, zone),
      last === undefined ? "never" : tickOutcome(last),
      schedule.pipeline,
    ];
  });
  const head = ["schedule", "state", "times", "next", "last tick", "pipeline"];
  return textTable([head, ...rows]).join("\n");
}

/** The table of `schedule history`. */
export function tickTable(ticks: readonly Tick[]): string {
  const rows = ticks.map((tick) => [
    isoOf(tick.dueMs),
    tick.schedule + (tick.origin === "manual" ? " (by hand)" : ""),
    tickOutcome(tick),
    tick.startedMs === null
      ? ""
      : `+${formatDuration(Math.max(0, tick.startedMs - tick.dueMs))}`,
    tick.startedMs === null || tick.finishedMs === null
      ? ""
      : formatDuration(Math.max(0, tick.finishedMs - tick.startedMs)),
    tick.run ?? "",
    tick.reason ?? "",
  ]);
  const head = ["due", "schedule", "state", "started", "took", "run", "reason"];
  return textTable([head, ...rows]).join("\n");
}

/** A tick, as `--json` prints it. */
export function tickToJson(tick: Tick): Record<string, unknown> {
  return {
    id: tick.id,
    schedule: tick.schedule,
    due: isoOf(tick.dueMs),
    by: tick.origin,
    state: tick.state,
    reason: tick.reason,
    attempts: tick.attempts,
    started: tick.startedMs === null ? null : isoOf(tick.startedMs),
    finished: tick.finishedMs === null ? null : isoOf(tick.finishedMs),
    exit_code: tick.exitCode,
    run: tick.run,
    pipeline: tick.work.pipeline,
    set: tick.work.set,
    caught_up: tick.isCatchUp,
  };
}

/** `finished, exit code 4`, `skipped`. */
export function tickOutcome({ state, exitCode }: Tick): string {
  return exitCode === null ? state : `${state}, exit code ${exitCode}`;
}

/** The wall clock's reading with its offset: `2026-03-29 03:00:00 +02:00`. */
export function wallText(instantMs: number, zone: TimeZone): string {
  const offset = zone.offsetMs(instantMs);
  const size = Math.abs(Math.round(offset / 60_000));
  const two = (value: number) => String(value).padStart(2, "0");
  const shown = `${offset < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${
    two(size % 60)
  }`;
  const wall = new Date(zone.wallMs(instantMs)).toISOString();
  return `${wall.slice(0, 10)} ${wall.slice(11, 19)} ${shown}`;
}

/** An instant in UTC. */
export function isoOf(instantMs: number): string {
  return new Date(instantMs).toISOString();
}
