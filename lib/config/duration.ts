// Lengths of time as a pipeline writes them.

const SECONDS_PER: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
};

/**
 * Seconds of `90`, `"90s"`, `"30m"`, `"2h"` or `"1d"`.
 *
 * @throws {RangeError} for any other text: the schema lets none through
 */
export function parseDuration(written: number | string): number {
  if (typeof written === "number") return written;
  const match = /^(\d+(?:\.\d+)?)\s*([smhd])$/.exec(written);
  if (match === null) {
    throw new RangeError(`Cannot read "${written}" as a length of time`);
  }
  return Number(match[1]) * SECONDS_PER[match[2]!]!;
}
