// The curves of a train step, from its metric rows and its timings: one series per name over the updates of the step.
import type { MetricRow, TimingRow } from "../metrics/metric_log.ts";
import { type Point, smoothed, thinned } from "./thinning.ts";

/** A named series; long ones are kept as the points that look like all of them. */
export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  /** The smooth line through all points; null for a series that needs none. */
  readonly smooth: readonly Point[] | null;
  /** Of all points; null without any. */
  readonly span: SeriesSpan | null;
  /** Rows whose value was not finite; they leave a gap. */
  readonly gaps: number;
}

/** What a series says in words. */
export interface SeriesSpan {
  readonly first: Point;
  readonly last: Point;
  readonly lowest: Point;
}

/** More points than a chart is wide show nothing more. */
export const MOST_POINTS = 320;

/** Everything about a train step that is a function of its updates. */
export interface Curves {
  readonly train: readonly Series[];
  readonly heldOut: readonly Series[];
  /** One series per optimizer. */
  readonly rates: readonly Series[];
  /** Updates per second. */
  readonly throughput: Series;
  /** Resident memory of the step's process, in bytes. */
  readonly memory: Series;
  /** Updates after which the step went on in a new process. */
  readonly resumes: readonly number[];
  /** Updates at the end of each epoch. */
  readonly epochEnds: readonly number[];
}

/** Gathers the curves of a step. */
export function curvesOf(
  rows: readonly MetricRow[],
  timings: readonly TimingRow[],
): Curves {
  const train = new SeriesTable();
  const heldOut = new SeriesTable();
  const rates = new SeriesTable();
  const epochEnds = new Map<number, number>();
  for (const row of rows) {
    const target = row.kind === "eval" ? heldOut : train;
    target.add(row.global_step, row.metrics);
    rates.add(row.global_step, row.learning_rates ?? {});
    epochEnds.set(row.epoch, row.global_step);
  }
  return {
    train: train.series(),
    heldOut: heldOut.series(),
    rates: rates.series(),
    ...clockCurves(timings),
    epochEnds: [...epochEnds.values()],
  };
}

/** A series of all its points, in their order. */
function seriesOf(
  name: string,
  points: readonly Point[],
  gaps = 0,
): Series {
  const [first, last] = [points[0], points.at(-1)];
  const smooth = smoothed(points);
  return {
    name,
    points: thinned(points, MOST_POINTS),
    smooth: smooth === null ? null : thinned(smooth, MOST_POINTS / 2),
    span: first === undefined || last === undefined ? null : {
      first,
      last,
      lowest: points.reduce((best, one) => one[1] < best[1] ? one : best),
    },
    gaps,
  };
}

/** Whether two series hold the same values: `vae_loss` is `recon_loss` where no perceptual part is added. */
export function isSameSeries(a: Series, b: Series): boolean {
  return a.points.length === b.points.length &&
    a.points.every(([x, y], at) => {
      const [otherX, otherY] = b.points[at]!;
      return x === otherX && y === otherY;
    });
}

class SeriesTable {
  readonly #points = new Map<string, { points: Point[]; gaps: number }>();

  add(x: number, values: Readonly<Record<string, number | null>>): void {
    for (const [name, value] of Object.entries(values)) {
      const series = this.#points.get(name) ?? { points: [], gaps: 0 };
      this.#points.set(name, series);
      if (value === null || !Number.isFinite(value)) series.gaps++;
      else series.points.push([x, value]);
    }
  }

  series(): Series[] {
    return [...this.#points].map(([name, { points, gaps }]) =>
      seriesOf(name, points, gaps)
    );
  }
}

type ClockCurves = Pick<Curves, "throughput" | "memory" | "resumes">;

/**
 * A killed process leaves rows behind its last checkpoint, which the next one writes again: those of the process whose work
 * counts are kept, and the place where it went on is a resume.
 */
function clockCurves(timings: readonly TimingRow[]): ClockCurves {
  const kept: TimingRow[] = [];
  const resumes: number[] = [];
  for (const row of timings) {
    const isResume = row.resumed === true;
    const repeats = row.global_step < (kept.at(-1)?.global_step ?? 0);
    if (isResume || repeats) {
      const from = isResume ? row.global_step : row.global_step - 1;
      while ((kept.at(-1)?.global_step ?? 0) > from) kept.pop();
      resumes.push(isResume ? row.global_step : kept.at(-1)?.global_step ?? 0);
    }
    if (!isResume) kept.push(row);
  }
  const throughput: Point[] = [];
  const memory: Point[] = [];
  let last = 0;
  for (const row of kept) {
    const updates = row.global_step - last;
    const seconds = row.seconds["update"] ?? 0;
    if (updates > 0 && seconds > 0) {
      throughput.push([row.global_step, updates / seconds]);
    }
    last = row.global_step;
    if (row.memory_bytes !== undefined) {
      memory.push([row.global_step, row.memory_bytes]);
    }
  }
  return {
    throughput: seriesOf("updates per second", throughput),
    memory: seriesOf("memory", memory),
    resumes,
  };
}
