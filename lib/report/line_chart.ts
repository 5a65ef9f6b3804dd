// One chart of curves over the updates of a step, as SVG that follows the page's colours.
import { scaleLinear, scaleLog } from "d3-scale";
import { tickLabels } from "./figures.ts";
import { type Markup, markup } from "./markup.ts";
import { type Point, thinned } from "./thinning.ts";

/** One curve. */
export interface ChartLine {
  readonly name: string;
  readonly points: readonly Point[];
  /** Which of the page's series colours. */
  readonly color: number;
  /** `raw` is drawn faint behind its smooth line; `dots` are single measurements. */
  readonly style: "plain" | "raw" | "dots";
}

/** A moment of the training. */
export interface ChartMark {
  readonly x: number;
  readonly kind: "resume" | "transition" | "epoch";
}

/** What a chart shows. */
export interface Chart {
  /** Said to those who cannot see it. */
  readonly description: string;
  readonly lines: readonly ChartLine[];
  readonly marks: readonly ChartMark[];
  /** Value that a transition waits for. */
  readonly threshold: number | null;
  readonly isLog: boolean;
  readonly format: (value: number, digits?: number) => string;
  /** Most points of one line. */
  readonly mostPoints: number;
}

const WIDTH = 360;
const HEIGHT = 180;
const PLOT = { right: 352, top: 8, bottom: 156 } as const;
/** Room for labels of up to seven characters; longer ones take more. */
const LEAST_LEFT = 50;
const CHARACTER = 6;
/** Curves are drawn in tenths, so that their paths hold short whole numbers. */
const TENTHS = 10;

type Scale = (value: number) => number;

/** Draws the chart; null where no line has a point. */
export function lineChart(chart: Chart): Markup | null {
  const points = chart.lines.flatMap(({ points }) => points);
  if (points.length === 0) return null;
  const values = points.map((point) => point[1]);
  const { threshold } = chart;
  const shown = threshold === null ? values : values.concat(threshold);
  const isLog = chart.isLog && shown.every((value) => value > 0);
  const y = (isLog ? scaleLog() : scaleLinear()).domain(spanOf(shown))
    .range([PLOT.bottom, PLOT.top]);
  const ticks = everyFew(y.ticks(4));
  const labels = tickLabels(ticks, chart.format);
  const longest = Math.max(...labels.map((label) => label.length));
  const left = Math.max(LEAST_LEFT, longest * CHARACTER + 8);
  const x = scaleLinear().domain(spanOf(points.map((point) => point[0])))
    .range([left, PLOT.right]);
  return markup`<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${chart.description}">${
    yAxis(ticks.map((tick, at) => ({ at: y(tick), label: labels[at]! })), left)
  }${xAxis(x.ticks(5).filter(Number.isInteger), x)}${
    chart.marks.map((
      mark,
    ) => markLine(mark, x))
  }${
    threshold === null
      ? null
      : markup`<path class="threshold" d="M${left} ${
        rounded(y(threshold))
      }H${PLOT.right}" />`
  }<g transform="scale(.1)">${
    chart.lines.map((line) => drawLine(line, x, y, chart.mostPoints))
  }</g></svg>`;
}

/** Least and greatest value, a little apart where they are one. */
function spanOf(values: readonly number[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low < high) return [low, high];
  const margin = low === 0 ? 1 : Math.abs(low) * 0.05;
  return [low - margin, high + margin];
}

/** A logarithmic scale names every digit of a decade: as many as there is room for are kept. */
function everyFew(ticks: readonly number[]): number[] {
  const every = Math.ceil(ticks.length / 6);
  return ticks.filter((_, at) => at % every === 0);
}

function yAxis(
  ticks: readonly { readonly at: number; readonly label: string }[],
  left: number,
): Markup {
  return markup`<g class="axis">${
    ticks.map(({ at, label }) =>
      markup`<path d="M${left} ${rounded(at)}H${PLOT.right}" /><text x="${
        left - 5
      }" y="${rounded(at + 3.5)}" text-anchor="end">${label}</text>`
    )
  }</g>`;
}

/** A label at the right end stays inside the drawing. */
function xAxis(ticks: readonly number[], x: Scale): Markup {
  return markup`<g class="axis">${
    ticks.map((tick) => {
      const half = String(tick).length * CHARACTER / 2;
      const at = rounded(Math.min(x(tick), WIDTH - half));
      return markup`<text x="${at}" y="${
        PLOT.bottom + 16
      }" text-anchor="middle">${tick}</text>`;
    })
  }</g>`;
}

function markLine({ x: at, kind }: ChartMark, x: Scale): Markup {
  const top = kind === "epoch" ? PLOT.bottom - 5 : PLOT.top;
  return markup`<path class="${kind}" d="M${
    rounded(x(at))
  } ${top}V${PLOT.bottom}" />`;
}

function drawLine(
  line: ChartLine,
  x: Scale,
  y: Scale,
  mostPoints: number,
): Markup {
  const places = thinned(line.points, mostPoints).map((
    [at, value],
  ) => [Math.round(x(at) * TENTHS), Math.round(y(value) * TENTHS)] as const);
  const isDots = line.style === "dots" || places.length === 1;
  // A stroke of no length with round ends is a dot, and takes a tenth of the text of a circle.
  const path = isDots
    ? places.map(([left, top]) => `M${left} ${top}h0`).join("")
    : relativePath(places);
  const style = isDots ? "dots" : line.style;
  return markup`<path class="line ${style} c${line.color}" d="${path}" />`;
}

function relativePath(places: readonly (readonly [number, number])[]): string {
  let [fromX, fromY] = places[0]!;
  const steps = places.slice(1).map(([x, y]) => {
    const [right, down] = [x - fromX, y - fromY];
    [fromX, fromY] = [x, y];
    return `${right}${down < 0 ? "" : " "}${down}`;
  });
  const [x, y] = places[0]!;
  return `M${x} ${y}l${
    steps.map((step, at) => at > 0 && !step.startsWith("-") ? ` ${step}` : step)
      .join("")
  }`;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
