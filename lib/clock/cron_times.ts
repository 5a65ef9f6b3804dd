// The instants that a cron expression names in a time zone. Croner reads the expression; clock changes are decided here: every
// reading of the wall clock counts once, one that is shown twice at its first time, one that is skipped at the end of the gap.
import { Cron } from "croner";
import type { TimeZone } from "./time_zone.ts";

/** An expression that was understood, or why it was not. */
export type CronReading =
  | { readonly ok: true; readonly times: CronTimes }
  | { readonly ok: false; readonly reason: string };

/** The instants between two others; where there are too many, only the newest are listed. */
export interface DueInstants {
  /** Ascending, in milliseconds. */
  readonly instants: readonly number[];
  /** Whether older ones than those listed were left out. */
  readonly isCut: boolean;
}

/** The times of one expression in one zone. */
export class CronTimes {
  // The expression is matched against readings of the wall clock, which are kept as if they were UTC.
  readonly #readings: Cron;
  readonly #zone: TimeZone;
  // Asked again and again while it waits, a schedule has one answer from one instant to the next.
  #last: { readonly afterMs: number; readonly next: number | null } | null =
    null;

  /** Reads five fields, or six with seconds in front, or seven with a year behind; also `@daily` and its like. */
  static read(expression: string, zone: TimeZone): CronReading {
    const text = expression.trim();
    const fields = text.split(/\s+/).length;
    if (!text.startsWith("@") && (fields < 5 || fields > 7)) {
      return {
        ok: false,
        reason:
          `it has ${fields} fields, wanted 5 (or 6 with seconds in front)`,
      };
    }
    try {
      const readings = new Cron(text, { timezone: "UTC", paused: true });
      return readings.nextRun() === null
        ? { ok: false, reason: "no day of the calendar ever matches it" }
        : { ok: true, times: new CronTimes(readings, zone) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const plain = message.replace(/^Cron\w*:\s*/, "").replace(/\.$/, "");
      const reason = plain.charAt(0).toLowerCase() + plain.slice(1);
      return { ok: false, reason };
    }
  }

  private constructor(readings: Cron, zone: TimeZone) {
    this.#readings = readings;
    this.#zone = zone;
  }

  /** The first instant after `afterMs`; null where there is none any more. */
  next(afterMs: number): number | null {
    const last = this.#last;
    const isKnown = last !== null && last.afterMs <= afterMs &&
      (last.next === null || afterMs < last.next);
    if (isKnown) return last.next;
    const next = this.#find(afterMs);
    this.#last = { afterMs, next };
    return next;
  }

  /** All instants after `afterMs` up to and with `untilMs`, at most the newest `most`. */
  between(afterMs: number, untilMs: number, most: number): DueInstants {
    const instants: number[] = [];
    for (
      let at = this.next(afterMs);
      at !== null && at <= untilMs;
      at = this.next(at)
    ) {
      instants.push(at);
      if (instants.length > most) {
        return { instants: this.#newest(untilMs, most), isCut: true };
      }
    }
    return { instants, isCut: false };
  }

  #find(afterMs: number): number | null {
    let wallMs = this.#zone.wallMs(afterMs) - 1;
    for (;;) {
      const reading = this.#readings.nextRun(new Date(wallMs));
      if (reading === null) return null;
      wallMs = reading.getTime();
      const instant = this.#zone.instantOf(wallMs);
      if (instant > afterMs) return instant;
    }
  }

  #newest(untilMs: number, most: number): number[] {
    const found = new Set<number>();
    let wallMs = this.#zone.wallMs(untilMs) + 1;
    while (found.size < most) {
      const readings = this.#readings.previousRuns(most, new Date(wallMs));
      if (readings.length === 0) break;
      for (const reading of readings) {
        const instant = this.#zone.instantOf(reading.getTime());
        if (instant <= untilMs) found.add(instant);
        wallMs = Math.min(wallMs, reading.getTime());
      }
    }
    return [...found].sort((a, b) => a - b).slice(-most);
  }
}
