// Which charts a train step has, in the order in which a reader wants them.
import type { Transition } from "../catalog/pipeline.ts";
import { findMetric } from "../metrics/vocabulary.ts";
import { type Curves, isSameSeries, type Series } from "./curves.ts";
import { bytesFigure, figure, figureOf } from "./figures.ts";
import type { Chart, ChartLine, ChartMark } from "./line_chart.ts";

/** A chart with its words. */
export interface TitledChart {
  readonly title: string;
  /** What it means, and what else there is to say. */
  readonly note: string;
  /** Names of the colours, where there are several curves. */
  readonly legend: readonly { readonly name: string; readonly color: number }[];
  readonly chart: Omit<Chart, "mostPoints">;
}

/** Metrics that are no loss; each has a place of its own. */
const WEIGHTS = /^(kl_beta|weight_)/;
const NORMS = /^grad_norm_/;

/** The charts of a step: losses, held-out measures, rates, weights, norms, throughput, memory. The end of one that is `isOver` is marked. */
export function stepCharts(
  curves: Curves,
  transition: Transition | null,
  isOver: boolean,
): TitledChart[] {
  const marks = marksOf(curves, isOver ? transition : null);
  const train = distinctSeries(curves.train);
  const losses = train.filter(({ name }) =>
    !WEIGHTS.test(name) && !NORMS.test(name)
  ).sort((a, b) => rankOf(a.name) - rankOf(b.name));
  const pairs = new Set(losses.map(({ name }) => `val_${name}`));
  const alone = curves.heldOut.filter(({ name }) => !pairs.has(name));
  const watched = transition?.mode === "loss_threshold" ? transition : null;
  const thresholdOf = (name: string) =>
    watched?.metric === name ? watched.threshold : null;
  return [
    ...losses.map((series) =>
      lossChart(series, {
        heldOut: curves.heldOut.find(({ name }) =>
          name === `val_${series.name}`
        ) ?? null,
        marks,
        threshold: thresholdOf(series.name) ??
          thresholdOf(`val_${series.name}`),
      })
    ),
    ...alone.map((series) =>
      lossChart(series, {
        heldOut: null,
        marks,
        threshold: thresholdOf(series.name),
      })
    ),
    ...together("learning rate", "By optimizer", curves.rates, marks),
    ...together(
      "weights of the losses",
      "Weight of the divergence, and adaptive weights",
      train.filter(({ name }) => WEIGHTS.test(name)),
      marks,
    ),
    ...together(
      "gradient norm",
      "Before clipping",
      train.filter(({ name }) => NORMS.test(name)),
      marks,
    ),
    ...together(
      "throughput",
      "Updates per second of training, without validation, samples and checkpoints",
      [curves.throughput],
      marks,
    ),
    ...together(
      "memory",
      "Resident memory of the step's process",
      [curves.memory],
      marks,
      bytesFigure,
    ),
  ];
}

interface LossParts {
  readonly heldOut: Series | null;
  readonly marks: readonly ChartMark[];
  readonly threshold: number | null;
}

function lossChart(
  series: Series,
  { heldOut, marks, threshold }: LossParts,
): TitledChart {
  const smooth = series.name.startsWith("val_") ? null : series.smooth;
  const lines: ChartLine[] = [
    {
      name: series.name,
      points: series.points,
      color: 0,
      style: smooth === null ? "plain" : "raw",
    },
    ...(smooth === null ? [] : [{
      name: "smoothed",
      points: smooth,
      color: 0,
      style: "plain",
    }] as const),
    ...(heldOut === null ? [] : [{
      name: heldOut.name,
      points: heldOut.points,
      color: 1,
      style: heldOut.points.length > 40 ? "plain" : "dots",
    }] as const),
  ];
  const meaning = findMetric(series.name)?.meaning ?? "";
  const gaps = series.gaps === 0 ? "" : `; ${series.gaps} rows not finite`;
  return {
    title: series.name,
    note: `${meaning}${gaps}`,
    legend: heldOut === null ? [] : [
      { name: "training", color: 0 },
      { name: "held out", color: 1 },
    ],
    chart: {
      description: [series, ...(heldOut === null ? [] : [heldOut])]
        .map((one) => describeSeries(one, figure)).join("; "),
      lines,
      marks,
      threshold,
      isLog: true,
      format: figureOf,
    },
  };
}

function together(
  title: string,
  note: string,
  series: readonly Series[],
  marks: readonly ChartMark[],
  format: Chart["format"] = figureOf,
): TitledChart[] {
  const drawn = series.filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return [];
  return [{
    title,
    note,
    legend: drawn.length === 1
      ? []
      : drawn.map(({ name }, color) => ({ name, color })),
    chart: {
      description: drawn.map((one) => describeSeries(one, format)).join("; "),
      lines: drawn.map(({ name, points }, color) => ({
        name,
        points,
        color,
        style: "plain",
      })),
      marks,
      threshold: null,
      isLog: false,
      format,
    },
  }];
}

/** What a chart says, in words. */
function describeSeries(
  { name, span }: Series,
  format: Chart["format"],
): string {
  if (span === null) return `${name}: no values`;
  const { first, last, lowest } = span;
  return `${name}: ${format(first[1])} at update ${first[0]}, ${
    format(last[1])
  } at update ${last[0]}, lowest ${format(lowest[1])} at update ${lowest[0]}`;
}

/** Epochs beyond this would paint the axis black. */
const MOST_EPOCH_MARKS = 40;

function marksOf(
  { resumes, epochEnds }: Curves,
  transition: Transition | null,
): ChartMark[] {
  const end = epochEnds.at(-1);
  return [
    ...(epochEnds.length > MOST_EPOCH_MARKS ? [] : epochEnds).map((x) => ({
      x,
      kind: "epoch" as const,
    })),
    ...resumes.map((x) => ({ x, kind: "resume" as const })),
    ...(transition === null || end === undefined
      ? []
      : [{ x: end, kind: "transition" as const }]),
  ];
}

/** A series that only repeats another is left out, and so is a count of nothing. */
function distinctSeries(series: readonly Series[]): Series[] {
  const kept: Series[] = [];
  for (const one of series) {
    const isEmptyCount = one.name === "skipped_updates" &&
      one.points.every(([, value]) => value === 0);
    if (isEmptyCount || one.points.length === 0) continue;
    if (!kept.some((other) => isSameSeries(one, other))) kept.push(one);
  }
  return kept;
}

/** What a reader looks at first. */
const FIRST = ["loss", "recon_loss", "recon_l1", "flow_loss", "kl_loss"];

function rankOf(name: string): number {
  const at = FIRST.indexOf(name);
  return at === -1 ? FIRST.length : at;
}
