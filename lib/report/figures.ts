// Numbers as a reader compares them.
import { formatBytes } from "../disk/byte_count.ts";

/** Four significant digits; small and large ones as powers of ten. */
export function figure(value: number): string {
  return figureOf(value, 4);
}

/** The same with more digits, or fewer. */
export function figureOf(value: number, digits: number = 4): string {
  if (value === 0 || Number.isInteger(value) && Math.abs(value) < 1e6) {
    return String(value);
  }
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e6) {
    return value.toExponential(digits - 2).replace(/\.?0+e/, "e")
      .replace("e+", "e");
  }
  return String(Number(value.toPrecision(digits)));
}

/** Digits beyond which numbers on an axis only tell of rounding. */
const MOST_DIGITS = 9;

/**
 * What stands at the ticks of an axis: as many digits as show each where it is, and nothing at a tick whose label would repeat the one
 * before it.
 */
export function tickLabels(
  ticks: readonly number[],
  format: (value: number, digits?: number) => string,
): string[] {
  const gap = Math.min(
    ...ticks.slice(1).map((tick, at) => Math.abs(tick - ticks[at]!)),
  );
  let labels = ticks.map((tick) => format(tick));
  // Labels with a unit are compared as texts alone.
  const isOff = (label: string, at: number) =>
    label === labels[at - 1] ||
    Math.abs(Number(label) - ticks[at]!) > gap / 20;
  for (let digits = 5; digits <= MOST_DIGITS && labels.some(isOff); digits++) {
    labels = ticks.map((tick) => format(tick, digits));
  }
  return labels.map((label, at) => label === labels[at - 1] ? "" : label);
}

/** With its sign. */
export function signedFigure(value: number): string {
  return value > 0 ? `+${figure(value)}` : figure(value);
}

/** Bytes on an axis; `digits` as of {@linkcode figureOf}, for amounts that three do not tell apart. */
export function bytesFigure(value: number, digits?: number): string {
  return digits === undefined
    ? formatBytes(value)
    : formatBytes(value, digits - 4);
}
