// Lengths of time in the units that people write.

/** Ten years: longer than anybody waits, and still a number that timers and sums can hold. */
export const LONGEST_WAIT_MS: number = 10 * 365 * 86_400_000;

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  min: 60_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const PART = /(\d+(?:\.\d+)?)\s*(ms|min|s|m|h|d)\s*/y;

/**
 * Milliseconds of a text such as `30s`, `1.5 h`, `1h 30min` or `2d`; the units are ms, s, min (or m), h and d, each at most
 * once and the larger before the smaller. Null for everything else, a bare number included: its unit would be a guess.
 */
export function parseDurationMs(text: string): number | null {
  const trimmed = text.trim();
  let total = 0;
  let previous = Infinity;
  PART.lastIndex = 0;
  for (let at = 0; at < trimmed.length || at === 0; at = PART.lastIndex) {
    const match = PART.exec(trimmed);
    const unitMs = UNIT_MS[match?.[2] ?? ""];
    if (match === null || unitMs === undefined || unitMs >= previous) {
      return null;
    }
    total += Number(match[1]) * unitMs;
    previous = unitMs;
  }
  return total;
}

/** Seconds of a length of time that a schema let through: a number, or a text with a unit. */
export function secondsOf(written: number | string): number {
  if (typeof written === "number") return written;
  const ms = parseDurationMs(written);
  if (ms === null) throw new RangeError(`Cannot read "${written}" as a length`);
  return ms / 1000;
}

/** At most two units, and no more digits than a reader needs: `340 ms`, `7.2 s`, `48 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return pair(seconds, 60, "min", "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return pair(minutes, 60, "h", "min");
  return pair(Math.round(minutes / 60), 24, "d", "h");
}

function pair(
  count: number,
  perLarge: number,
  large: string,
  small: string,
): string {
  const rest = count % perLarge;
  const whole = `${Math.floor(count / perLarge)} ${large}`;
  return rest === 0 ? whole : `${whole} ${rest} ${small}`;
}
