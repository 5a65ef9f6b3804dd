// `{{ tick.date }}` and its like: what a scheduled run may know of the moment for which it was due.
import type { TimeZone } from "./time_zone.ts";

/** A moment at which a schedule was due. */
export interface TickMoment {
  /** The due instant, in milliseconds. */
  readonly dueMs: number;
  /** How many ticks of the schedule have come before, this one counted. */
  readonly number: number;
}

/** What each name stands for. */
export const TICK_VALUES: Readonly<Record<string, string>> = {
  date: "the day, such as 2026-03-29",
  time: "the time, such as 03-00-00; safe in names",
  year: "such as 2026",
  month: "01 to 12",
  day: "01 to 31",
  hour: "00 to 23",
  minute: "00 to 59",
  second: "00 to 59",
  weekday: "1 (Monday) to 7",
  epoch: "seconds since 1970, UTC",
  epoch_days: "days since 1970 on the schedule's calendar",
  number: "1 for the schedule's first tick, then 2 and so on",
};

const PLACEHOLDER = /\{\{\s*(.*?)\s*\}\}/g;

/** Names in the placeholders of a text that stand for nothing, as they are written. */
export function unknownPlaceholders(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map((match) => match[1] as string)
    .filter((name) => !isKnown(name));
}

/** The text with its placeholders filled; the caller has looked at {@linkcode unknownPlaceholders}. */
export function fillPlaceholders(
  text: string,
  moment: TickMoment,
  zone: TimeZone,
): string {
  const values = tickValues(moment, zone);
  return text.replace(
    PLACEHOLDER,
    (whole, name: string) => values[name.slice("tick.".length)] ?? whole,
  );
}

function isKnown(name: string): boolean {
  return name.startsWith("tick.") &&
    Object.hasOwn(TICK_VALUES, name.slice("tick.".length));
}

function tickValues(
  { dueMs, number }: TickMoment,
  zone: TimeZone,
): Readonly<Record<string, string>> {
  const wallMs = zone.wallMs(dueMs);
  const [date = "", clock = ""] = new Date(wallMs).toISOString().split("T");
  const [year = "", month = "", day = ""] = date.split("-");
  const [hour = "", minute = "", second = ""] = clock.slice(0, 8).split(":");
  return {
    date,
    time: `${hour}-${minute}-${second}`,
    year,
    month,
    day,
    hour,
    minute,
    second,
    weekday: String(new Date(wallMs).getUTCDay() || 7),
    epoch: String(Math.floor(dueMs / 1000)),
    epoch_days: String(Math.floor(wallMs / 86_400_000)),
    number: String(number),
  };
}
