// A schedule as the daemon holds it: the checked entry with its times worked out.
import type { ScheduleEntry } from "../catalog/schedule_options.ts";
import { CronTimes } from "../clock/cron_times.ts";
import { TimeZone } from "../clock/time_zone.ts";
import { sha256Hex } from "../disk/digest.ts";

/** A schedule that can be asked for its times. */
export interface Schedule extends ScheduleEntry {
  readonly times: CronTimes;
  readonly zone: TimeZone;
}

/** Works out the times of a checked entry. */
export function scheduleOf(entry: ScheduleEntry): Schedule {
  const zone = TimeZone.named(entry.time_zone);
  const reading = zone === null ? null : CronTimes.read(entry.cron, zone);
  if (zone === null || reading === null || !reading.ok) {
    throw new RangeError(`Schedule "${entry.name}" was not checked`);
  }
  return { ...entry, zone, times: reading.times };
}

/**
 * What decides which instants are due. Where it changes, the schedule begins anew at that moment: an edit never makes up for
 * times that lie behind it.
 */
export function rhythmOf(
  { cron, time_zone, enabled }: Pick<
    ScheduleEntry,
    "cron" | "time_zone" | "enabled"
  >,
): string {
  return `${enabled ? "" : "off "}${
    cron.trim().replace(/\s+/g, " ")
  } ${time_zone}`;
}

/** How much later than due a tick starts: the same for each process that asks, evenly spread below the jitter. */
export function jitterMs(
  { name, jitter_ms }: Pick<ScheduleEntry, "name" | "jitter_ms">,
  dueMs: number,
): number {
  const fraction = parseInt(sha256Hex(`${name} ${dueMs}`).slice(0, 12), 16) /
    2 ** 48;
  return Math.floor(fraction * jitter_ms);
}
