// Estimates as text: ranges in human units, and how they compare with what was taken in the end.
import { formatDuration } from "../clock/duration.ts";
import { formatBytes } from "../disk/byte_count.ts";
import type {
  CostRange,
  MeasuredBatch,
  StepEstimate,
} from "../store/estimate_record.ts";
import { counted, textTable } from "./text_table.ts";

/** What a finished step took. */
export interface StepCost {
  readonly timeMs: number | null;
  readonly diskBytes: number | null;
  readonly memoryBytes: number | null;
}

/** `40 s to 1 min 5 s`; `-` where nothing is known. */
function rangeText(
  range: CostRange | null,
  format: (value: number) => string,
): string {
  if (range === null) return "-";
  const [low, high] = [format(range.low), format(range.high)];
  return low === high ? low : `${low} to ${high}`;
}

/** `measured: 3 steps like it`. */
export function basisText({ basis, samples, batch }: StepEstimate): string {
  switch (basis) {
    case "measured":
      return `measured: ${counted(samples, "step")} like it`;
    case "similar":
      return `similar: ${counted(samples, "step")} of its name, otherwise set`;
    case "one batch":
      return batch === undefined ? basis : `one batch: ${batchText(batch)}`;
    default:
      return basis satisfies never;
  }
}

function batchText(
  { updateMs, peakMemoryBytes, checkpointBytes, freshFrom }: MeasuredBatch,
): string {
  return [
    `${formatDuration(updateMs)} an update`,
    ...(peakMemoryBytes === null
      ? []
      : [`${formatBytes(peakMemoryBytes)} at its peak`]),
    `${formatBytes(checkpointBytes)} a checkpoint`,
    ...(freshFrom.length === 0
      ? []
      : [`fresh weights in place of those of ${freshFrom.join(", ")}`]),
  ].join(", ");
}

/** The columns of a table of estimates: time, disk, memory. */
function estimateCells(estimate: StepEstimate): string[] {
  return [
    rangeText(estimate.timeMs, formatDuration),
    rangeText(estimate.diskBytes, formatBytes),
    rangeText(estimate.memoryBytes, formatBytes),
  ];
}

const UNKNOWN = "nothing is known of such a step";

/** The table of a plan: every step that is to be worked on, or why nothing is known of it, and the sums of the others. */
export function estimateLines(
  steps: readonly { readonly name: string; readonly action: string }[],
  estimates: ReadonlyMap<string, StepEstimate>,
  reasons: ReadonlyMap<string, string> = new Map(),
): string[] {
  if (estimates.size + reasons.size === 0) return [];
  const open = steps.filter(({ action }) => action !== "reuse");
  const rows = open.map(({ name }) => {
    const estimate = estimates.get(name);
    return estimate === undefined
      ? [name, "-", "-", "-", reasons.get(name) ?? UNKNOWN]
      : [name, ...estimateCells(estimate), basisText(estimate)];
  });
  const times = [...estimates.values()].flatMap(({ timeMs }) => timeMs ?? []);
  const sum = (pick: (range: CostRange) => number) =>
    times.reduce((total, range) => total + pick(range), 0);
  const known = { low: sum(({ low }) => low), high: sum(({ high }) => high) };
  const unknown = open.length - estimates.size;
  return [
    ...textTable(
      [["step", "time", "disk", "memory", "how sure"], ...rows],
      "  ",
    ),
    ...(estimates.size === 0 ? [] : [
      `  together ${rangeText(known, formatDuration)}, one after the other${
        unknown === 0 ? "" : `, and ${counted(unknown, "step")} not known`
      }`,
    ]),
  ];
}

/** The columns of a table that holds the truth against the estimate: `12 s, as estimated (10 s to 15 s)`. */
export function comparedCells(
  estimate: StepEstimate,
  cost: StepCost,
): string[] {
  return [
    compared(cost.timeMs, estimate.timeMs, formatDuration),
    compared(cost.diskBytes, estimate.diskBytes, formatBytes),
    compared(cost.memoryBytes, estimate.memoryBytes, formatBytes),
  ];
}

function compared(
  value: number | null,
  range: CostRange | null,
  format: (value: number) => string,
): string {
  if (value === null) return "-";
  if (range === null) return format(value);
  const word = value < range.low
    ? "less than"
    : value > range.high
    ? "more than"
    : "within";
  return `${format(value)}, ${word} ${rangeText(range, format)}`;
}
