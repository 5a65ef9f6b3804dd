// The rows of a ranking on one scale, as SVG: a dot for the mean, a line for its interval, small dots for the seeds.
import { scaleLinear } from "d3-scale";
import type { RankedRow } from "../matrix/ranking.ts";
import { figure } from "./figures.ts";
import { type Markup, markup } from "./markup.ts";

const ROW = 18;
const TOP = 22;
const PLOT = { left: 250, right: 690 } as const;
const WIDTH = 760;
const LONGEST_LABEL = 40;

/** The drawing; empty where no row has a value. */
export function rankingPlot(rows: readonly RankedRow[]): Markup {
  const shown = rows.filter(({ mean }) => mean !== null);
  const ends = shown.flatMap(({ mean, interval, cells }) => [
    mean ?? 0,
    ...(interval ?? []),
    ...cells.flatMap(({ value }) => value === null ? [] : [value]),
  ]).filter(Number.isFinite);
  if (ends.length === 0) return markup`<p class="note">No run has it yet.</p>`;
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const margin = (high - low || Math.abs(high) || 1) * 0.05;
  const x = scaleLinear().domain([low - margin, high + margin])
    .range([PLOT.left, PLOT.right]);
  const at = (value: number) => Math.round(x(value) * 10) / 10;
  const height = TOP + shown.length * ROW + 6;
  const ticks = x.ticks(5);
  return markup`<svg class="chart intervals" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${
    description(shown)
  }"><g class="axis"><path d="${
    ticks.map((tick) => `M${at(tick)} ${TOP - 6}V${height}`).join("")
  }"/>${
    ticks.map((tick) =>
      markup`<text x="${at(tick)}" y="12" text-anchor="middle">${
        figure(tick)
      }</text>`
    )
  }</g>${
    shown.map((row, index) => rowMarks(row, TOP + index * ROW + 8, at))
  }</svg>`;
}

function rowMarks(
  { label, mean, interval, cells }: RankedRow,
  y: number,
  at: (value: number) => number,
): Markup {
  const name = label.length > LONGEST_LABEL
    ? `${label.slice(0, LONGEST_LABEL - 1)}…`
    : label;
  const dots = cells.flatMap(({ value }) =>
    value === null || cells.length < 2 ? [] : [`M${at(value)} ${y - 4}v8`]
  ).join("");
  return markup`<g><text x="${PLOT.left - 10}" y="${y + 4}" text-anchor="end">${
    name || "all"
  }</text>${
    interval === null
      ? null
      : markup`<path class="interval" d="M${at(interval[0])} ${y}H${
        at(interval[1])
      }"/>`
  }${
    dots === "" ? null : markup`<path class="bars" d="${dots}"/>`
  }<circle cx="${at(mean ?? 0)}" cy="${y}" r="3.5"/></g>`;
}

function description(rows: readonly RankedRow[]): string {
  const [best] = rows;
  const worst = rows.at(-1);
  return `${rows.length} combinations, from ${best?.label} with ${
    figure(best?.mean ?? 0)
  } to ${worst?.label} with ${figure(worst?.mean ?? 0)}`;
}
