// What differs between two runs: options, metrics, and the curves of the steps that both have.
import { UsageError } from "../error/failure.ts";
import { canonicalJson } from "../disk/canonical_json.ts";
import { readMetricRows } from "../metrics/metric_log.ts";
import { findStepFolder, stepPaths } from "../store/store_layout.ts";
import { didYouMean } from "../source/suggestion.ts";
import { type EntryStep, type ReadRun, RunReader } from "./run_entry.ts";
import type { Point } from "./text_chart.ts";

/** An option that differs; undefined where a run does not have it. */
export interface OptionDifference {
  readonly path: string;
  readonly a: unknown;
  readonly b: unknown;
}

/** A metric that a step of either run reported at its end. */
export interface MetricPair {
  readonly step: string;
  readonly metric: string;
  readonly a: number | null;
  readonly b: number | null;
}

/** A metric over the updates of a step, in both runs: updates made, and the value. */
export interface CurvePair {
  readonly step: string;
  readonly metric: string;
  readonly a: readonly Point[];
  readonly b: readonly Point[];
}

/** A step of either run. */
export interface StepPair {
  readonly name: string;
  /** `same`: both runs refer to one piece of work. */
  readonly relation: "same" | "differs" | "only_a" | "only_b";
}

/** Two runs beside each other. */
export interface RunComparison {
  readonly a: string;
  readonly b: string;
  readonly steps: readonly StepPair[];
  readonly options: readonly OptionDifference[];
  readonly metrics: readonly MetricPair[];
  readonly curves: readonly CurvePair[];
}

/** What of the curves is wanted; everything that both runs have where it is left out. */
export interface CurveChoice {
  readonly step?: string | undefined;
  readonly metric?: string | undefined;
}

/**
 * Compares two runs of a folder; both are there.
 *
 * @throws {UsageError} where no curve is there that `choice` names
 */
export async function compareRuns(
  runsDir: string,
  [a, b]: readonly [string, string],
  choice: CurveChoice = {},
): Promise<RunComparison> {
  const reader = new RunReader(runsDir);
  const [first, second] = [await reader.read(a), await reader.read(b)];
  const steps = stepPairs(first.entry.steps, second.entry.steps);
  return {
    a,
    b,
    steps,
    options: optionDifferences(first, second),
    metrics: metricPairs(first, second),
    curves: await curvePairs(runsDir, { first, second, steps }, choice),
  };
}

function stepPairs(
  a: readonly EntryStep[],
  b: readonly EntryStep[],
): StepPair[] {
  const others = new Map(b.map((step) => [step.name, step]));
  const pairs = a.map(({ name, key }): StepPair => {
    const other = others.get(name);
    others.delete(name);
    if (other === undefined) return { name, relation: "only_a" };
    return { name, relation: other.key === key ? "same" : "differs" };
  });
  return [
    ...pairs,
    ...[...others.keys()].map((name): StepPair => ({
      name,
      relation: "only_b",
    })),
  ];
}

function optionDifferences(a: ReadRun, b: ReadRun): OptionDifference[] {
  const [old, now] = [a, b].map(({ options }) =>
    new Map(options.map(({ path, value }) => [path, value]))
  ) as [Map<string, unknown>, Map<string, unknown>];
  return [...new Set([...old.keys(), ...now.keys()])]
    .map((path) => ({ path, a: old.get(path), b: now.get(path) }))
    .filter(({ a, b }) => canonicalOf(a) !== canonicalOf(b));
}

function canonicalOf(value: unknown): string {
  return value === undefined ? "" : canonicalJson(value);
}

function metricPairs(a: ReadRun, b: ReadRun): MetricPair[] {
  const pairs = new Map<string, MetricPair>();
  for (const [side, { metrics }] of [["a", a], ["b", b]] as const) {
    for (const { step, metric, value } of metrics) {
      const id = JSON.stringify([step, metric]);
      const blank = { step, metric, a: null, b: null };
      pairs.set(id, { ...(pairs.get(id) ?? blank), [side]: value });
    }
  }
  return [...pairs.values()];
}

async function curvePairs(
  runsDir: string,
  { first, second, steps }: {
    readonly first: ReadRun;
    readonly second: ReadRun;
    readonly steps: readonly StepPair[];
  },
  choice: CurveChoice,
): Promise<CurvePair[]> {
  const pairs: CurvePair[] = [];
  for (const { name: step, relation } of steps) {
    // Equal work has equal curves.
    if (relation !== "differs") continue;
    const [a, b] = await Promise.all(
      [first, second].map((run) => curvesOf(runsDir, run, step)),
    );
    for (const [metric, points] of a!) {
      const other = b!.get(metric);
      if (other !== undefined) {
        pairs.push({ step, metric, a: points, b: other });
      }
    }
  }
  const { step, metric } = choice;
  const chosen = pairs.filter((one) =>
    (step === undefined || one.step === step) &&
    (metric === undefined || one.metric === metric)
  );
  const isAsked = step !== undefined || metric !== undefined;
  if (!isAsked || chosen.length > 0) return chosen;
  const wanted = [step, metric].filter((one) => one !== undefined).join(".");
  const known = pairs.flatMap((one) => [one.step, one.metric]);
  throw new UsageError(
    `Cannot draw "${wanted}": the two runs have no such curve both, in steps whose work differs${
      didYouMean(metric ?? step!, known)
    }`,
    {
      hint: known.length === 0
        ? "Leave --step and --metric out: there are no curves to draw"
        : `Curves are ${
          [...new Set(pairs.map((one) => `${one.step}.${one.metric}`))]
            .join(", ")
        }`,
    },
  );
}

async function curvesOf(
  runsDir: string,
  { entry }: ReadRun,
  step: string,
): Promise<Map<string, Point[]>> {
  const { key } = entry.steps.find(({ name }) => name === step)!;
  const { folder } = findStepFolder(runsDir, key, step);
  const curves = new Map<string, Point[]>();
  for (const row of await readMetricRows(stepPaths(folder).metrics)) {
    for (const [metric, value] of Object.entries(row.metrics)) {
      if (value === null) continue;
      const points = curves.get(metric) ?? [];
      curves.set(metric, points);
      points.push([row.global_step, value]);
    }
  }
  return curves;
}
