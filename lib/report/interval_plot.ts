// Differences between two arms with their intervals, as SVG: one row per metric, and the pictures one by one.
import { scaleLinear } from "d3-scale";
import { findMetric } from "../metrics/vocabulary.ts";
import type { Comparison, Difference } from "./comparison.ts";
import { figure, signedFigure } from "./figures.ts";
import { type Markup, markup } from "./markup.ts";

const WIDTH = 560;
const ROW = 46;
const PLOT = { left: 96, right: 400 } as const;

/** One row per metric: the interval, its mean, the line of no difference. Each row has a scale of its own. */
export function intervalPlot(
  { differences, metric }: Pick<Comparison, "differences" | "metric">,
  level = 0.95,
): Markup {
  const height = differences.length * ROW + 8;
  const description = differences.map((one) =>
    `${one.metric}: ${signedFigure(one.mean)}, ${
      Math.round(level * 100)
    } % interval ${signedFigure(one.low)} to ${signedFigure(one.high)}`
  ).join("; ");
  // The metric of the verdict first.
  const rows = [...differences].sort((a, b) =>
    Number(b.metric === metric) - Number(a.metric === metric)
  );
  return markup`<svg class="chart intervals" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${description}">${
    rows.map((row, at) => intervalRow(row, at * ROW + ROW / 2 + 4))
  }</svg>`;
}

function intervalRow(
  { metric, mean, low, high }: Difference,
  y: number,
): Markup {
  const reach = Math.max(Math.abs(low), Math.abs(high), Number.MIN_VALUE) *
    1.15;
  const x = scaleLinear().domain([-reach, reach])
    .range([PLOT.left, PLOT.right]);
  const at = (value: number) => Math.round(x(value) * 10) / 10;
  const direction = findMetric(metric)?.direction ?? null;
  const color = outcomeColor(low, high, direction);
  return markup`<g class="${color}"><text class="label" x="${
    PLOT.left - 10
  }" y="${
    y +
    4
  }" text-anchor="end">${metric}</text><path class="zero" d="M${
    at(
      0,
    )
  } ${y - 16}V${y + 16}"/><path class="interval" d="M${
    at(
      low,
    )
  } ${y}H${at(high)}M${at(low)} ${y - 5}v10M${at(high)} ${
    y -
    5
  }v10"/><circle cx="${
    at(
      mean,
    )
  }" cy="${y}" r="4.5"/><text x="${
    PLOT.right +
    12
  }" y="${y}">${
    signedFigure(
      mean,
    )
  }</text><text class="small" x="${PLOT.right + 12}" y="${
    y +
    14
  }">${signedFigure(low)} to ${
    signedFigure(
      high,
    )
  }</text>${
    direction === null
      ? null
      : markup`<text class="small" x="${
        direction === "lower" ? PLOT.left : PLOT.right
      }" y="${y - 10}" text-anchor="${
        direction === "lower" ? "start" : "end"
      }">better</text>`
  }</g>`;
}

function outcomeColor(
  low: number,
  high: number,
  direction: "lower" | "higher" | null,
): string {
  const isSettled = low > 0 || high < 0;
  if (!isSettled || direction === null) return "even";
  return (high < 0) === (direction === "lower") ? "better" : "worse";
}

/** Treatment minus control of every picture, sorted: whether a few pictures make the difference, or most of them. */
export function pictureDifferences(
  { perImage, metric }: Comparison,
): Markup | null {
  if (perImage.length === 0) return null;
  const sorted = [...perImage].sort((a, b) => a - b);
  const reach = Math.max(...sorted.map(Math.abs), Number.MIN_VALUE);
  const [height, middle] = [120, 60];
  const place = scaleLinear().domain([0, Math.max(1, sorted.length - 1)])
    .range([PLOT.left, WIDTH - 20]);
  const below = sorted.filter((value) => value < 0).length;
  const description =
    `${metric}, treatment minus control: below zero in ${below} of ${sorted.length} pictures, from ${
      signedFigure(sorted[0]!)
    } to ${signedFigure(sorted.at(-1)!)}`;
  const bars = sorted.map((value, at) => {
    const left = Math.round(place(at) * 10) / 10;
    const length = Math.round(-value / reach * 50 * 10) / 10;
    return `M${left} ${middle}v${length}`;
  }).join("");
  return markup`<svg class="chart intervals" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${description}"><text class="label" x="${
    PLOT.left - 10
  }" y="${
    middle + 4
  }" text-anchor="end">per picture</text><text class="small" x="${
    PLOT.left - 10
  }" y="14" text-anchor="end">${figure(reach)}</text><text class="small" x="${
    PLOT.left - 10
  }" y="${height - 6}" text-anchor="end">${
    figure(-reach)
  }</text><path class="zero" d="M${PLOT.left} ${middle}H${
    WIDTH - 20
  }" /><path class="bars" d="${bars}" /></svg>`;
}
