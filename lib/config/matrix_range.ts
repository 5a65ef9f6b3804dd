// The numbers of a range.

/** A range as written. */
export interface WrittenRange {
  readonly from: number | null;
  readonly to: number | null;
  readonly step: number | null;
  readonly count: number | null;
  readonly scale: "linear" | "log";
}

/** What is wrong with a range, as a clause; null where nothing is. `isSearched` allows one without a number of values. */
export function rangeFault(
  { from, to, step, count, scale }: WrittenRange,
  isSearched: boolean,
): string | null {
  if (from === null || to === null) {
    return from === null && to === null
      ? "it has neither values nor a range"
      : `the range has no "${from === null ? "from" : "to"}"`;
  }
  if (from >= to) return `the range from ${from} to ${to} is empty`;
  if (step !== null && count !== null) {
    return "the range has both a step and a count";
  }
  if (scale === "log" && from <= 0) {
    return `a range of equal ratios begins above 0, found ${from}`;
  }
  if (scale === "log" && step !== null) {
    return "a range of equal ratios takes a count, found a step";
  }
  return step === null && count === null && !isSearched
    ? "the range has neither a step nor a count"
    : null;
}

/** Digits that arithmetic on decimal fractions leaves right. */
const EXACT_DIGITS = 12;
/** Digits of numbers that nobody wrote: the names of cells have all of them. */
export const SHORT_DIGITS = 3;

/** A range that has a step or a count. */
export interface CountedRange extends WrittenRange {
  readonly from: number;
  readonly to: number;
}

/** How many numbers a range has; known before any of them is made. */
export function rangeLength({ from, to, step, count }: CountedRange): number {
  return count ??
    Math.floor((to - from) / (step ?? 1) * (1 + 1e-12) + 1e-9) + 1;
}

/**
 * The numbers, both ends included where the step reaches the last one. Sums are rounded so that 0.1 + 0.2 is 0.3, and what
 * lies between the ends of equal ratios to three digits.
 */
export function rangeValues(range: CountedRange): number[] {
  const { from, to, step, scale } = range;
  const length = rangeLength(range);
  return Array.from({ length }, (_, index) => {
    const share = length === 1 ? 0 : index / (length - 1);
    const value = step !== null
      ? from + index * step
      : scale === "log"
      ? from * (to / from) ** share
      : from + (to - from) * share;
    const isBetween = index > 0 && index < length - 1;
    return rounded(
      value,
      scale === "log" && isBetween ? SHORT_DIGITS : EXACT_DIGITS,
    );
  });
}

/** To so many significant digits. */
export function rounded(value: number, digits: number): number {
  return Number(value.toPrecision(digits));
}
