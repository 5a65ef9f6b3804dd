// What clocks on the wall show in a time zone, and the way back. Offsets come from the time zone data of the runtime.

const QUARTER_MS = 15 * 60_000;
const DAY_MS = 24 * 3_600_000;

/** A time zone of the IANA data base. */
export class TimeZone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  // Zones change their offset at quarters of an hour, so one answer holds for a quarter.
  readonly #offsets = new Map<number, number>();

  /** The zone, or null where there is none of that name. */
  static named(name: string): TimeZone | null {
    try {
      const format = new Intl.DateTimeFormat("en-US", {
        timeZone: name,
        hourCycle: "h23",
        year: "numeric",
        month: "numeric",
        day: "numeric",
        hour: "numeric",
        minute: "numeric",
        second: "numeric",
      });
      return new TimeZone(name, format);
    } catch {
      return null;
    }
  }

  private constructor(name: string, format: Intl.DateTimeFormat) {
    this.name = name;
    this.#format = format;
  }

  /** Milliseconds that the wall clock is ahead of UTC at an instant. */
  offsetMs(instantMs: number): number {
    const quarter = Math.floor(instantMs / QUARTER_MS);
    const known = this.#offsets.get(quarter);
    if (known !== undefined) return known;
    const offset = this.#read(quarter * QUARTER_MS) - quarter * QUARTER_MS;
    if (this.#offsets.size > 100_000) this.#offsets.clear();
    this.#offsets.set(quarter, offset);
    return offset;
  }

  /** The wall clock's reading at an instant, written as the milliseconds that this reading would be in UTC. */
  wallMs(instantMs: number): number {
    return instantMs + this.offsetMs(instantMs);
  }

  /**
   * The instant at which the wall clock shows a reading: the first one where it shows it twice, and the end of the gap where
   * it never does.
   */
  instantOf(wallMs: number): number {
    const before = this.offsetMs(wallMs - 1.5 * DAY_MS);
    const after = this.offsetMs(wallMs + 1.5 * DAY_MS);
    const found = [wallMs - before, wallMs - after]
      .filter((instant) => this.wallMs(instant) === wallMs);
    if (found.length > 0) return Math.min(...found);
    return this.#changeBetween(
      wallMs - Math.max(before, after),
      wallMs - Math.min(before, after),
    );
  }

  /** First instant after `low` with another offset than `low`'s; `high` has it. */
  #changeBetween(low: number, high: number): number {
    const old = this.offsetMs(low);
    let last = Math.floor(low / QUARTER_MS);
    let first = Math.floor(high / QUARTER_MS);
    while (first - last > 1) {
      const middle = Math.floor((first + last) / 2);
      if (this.offsetMs(middle * QUARTER_MS) === old) last = middle;
      else first = middle;
    }
    return first * QUARTER_MS;
  }

  #read(instantMs: number): number {
    const parts: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(instantMs)) {
      parts[type] = Number(value);
    }
    const { year, month, day, hour, minute, second } = parts;
    return Date.UTC(year!, month! - 1, day!, hour!, minute!, second!);
  }
}

/** Names of all zones that the runtime lists, for suggestions. */
export function zoneNames(): readonly string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone")];
}
