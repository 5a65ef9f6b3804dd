// Schedules for tests, without files.
import type { ScheduleEntry } from "../../lib/catalog/schedule_options.ts";
import { type Schedule, scheduleOf } from "../../lib/schedule/schedule.ts";

const PLACE = {
  source: { name: "schedules.yaml", text: "" },
  position: {
    file: "schedules.yaml",
    line: 1,
    column: 1,
    offset: 0,
    length: 0,
  },
};

/** A schedule that runs each hour in UTC; `change` says what is different. */
export function schedule(change: Partial<ScheduleEntry> = {}): Schedule {
  return scheduleOf({
    name: "hourly",
    pipeline: "pipeline.yaml",
    cron: "0 * * * *",
    time_zone: "UTC",
    set: [],
    jitter_ms: 0,
    overlap: "skip",
    misfire_window_ms: 300_000,
    catch_up: "last",
    max_run_time_ms: null,
    executor: "local",
    enabled: true,
    places: { name: PLACE, pipeline: PLACE, set: [], overlap: PLACE },
    ...change,
  });
}

/** Milliseconds of a UTC time in 2026, written as `03-29T01:00`. */
export function utc(text: string): number {
  return Date.parse(`2026-${text}Z`);
}
