// `fluxline runs compare`: two runs beside each other, with their curves in letters or on a page.
import { writeAtomically } from "../disk/atomic_write.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import {
  compareRuns,
  type CurvePair,
  type RunComparison,
  type StepPair,
} from "../history/compare_runs.ts";
import { textOf } from "../history/condition.ts";
import { textChart } from "../history/text_chart.ts";
import { findMetric } from "../metrics/vocabulary.ts";
import { textTable } from "../plan/text_table.ts";
import { figure, signedFigure } from "../report/figures.ts";
import { withoutControls } from "../report/markup.ts";
import { runComparisonPage } from "../report/run_comparison_page.ts";
import { requireRunsFolder } from "../store/runs_folder.ts";
import { shownPath } from "../worker/permissions.ts";
import { chosenRun } from "./chosen_run.ts";
import type { Print } from "./plan_command.ts";

/** Options of `runs compare`. */
export interface CompareRunsOptions {
  /** Folder of all runs. */
  readonly runs: string;
  readonly step?: string;
  readonly metric?: string;
  /** File of the page. */
  readonly html?: string;
  readonly json?: true;
}

const WIDTH = 68;
const HEIGHT = 12;

/** Compares the runs. */
export async function compareRunsCommand(
  [a, b]: readonly [string, string],
  options: CompareRunsOptions,
  print: Print,
): Promise<ExitCode> {
  const { runs: runsDir, step, metric, html, json } = options;
  requireRunsFolder(runsDir);
  const names = [chosenRun(runsDir, a), chosenRun(runsDir, b)] as const;
  const comparison = await compareRuns(runsDir, names, { step, metric });
  if (html !== undefined) {
    await writeAtomically(html, runComparisonPage(comparison));
  }
  if (json === true) {
    const page = html === undefined ? {} : { page: shownPath(html) };
    print.out(JSON.stringify({ ...comparison, ...page }, null, 2));
    return EXIT_CODE.done;
  }
  const isChosen = step !== undefined || metric !== undefined;
  const lines = [
    `A is ${a}, B is ${b}`,
    ...stepLines(comparison.steps),
    ...optionLines(comparison),
    ...metricLines(comparison),
    ...(isChosen ? comparison.curves : headCurves(comparison.curves))
      .flatMap(curveLines),
    ...(html === undefined ? [] : ["", `Every curve: ${shownPath(html)}`]),
  ];
  print.out(lines.map(withoutControls).join("\n"));
  return EXIT_CODE.done;
}

function stepLines(steps: readonly StepPair[]): string[] {
  const words: Readonly<Record<StepPair["relation"], string>> = {
    same: "The same work in both",
    differs: "Other work",
    only_a: "Only in A",
    only_b: "Only in B",
  };
  return Object.entries(words).flatMap(([relation, text]) => {
    const names = steps.filter((one) => one.relation === relation)
      .map(({ name }) => name);
    return names.length === 0 ? [] : [`${text}: ${names.join(", ")}`];
  });
}

function optionLines({ options }: RunComparison): string[] {
  if (options.length === 0) return ["", "No option differs"];
  const shown = (value: unknown) => value === undefined ? "-" : textOf(value);
  const rows = options.map((one) => [one.path, shown(one.a), shown(one.b)]);
  return ["", ...textTable([["option", "A", "B"], ...rows])];
}

function metricLines({ metrics }: RunComparison): string[] {
  if (metrics.length === 0) return ["", "No step of either run is finished"];
  const shown = (value: number | null) => value === null ? "-" : figure(value);
  const rows = metrics.map(({ step, metric, a, b }) => [
    `${step}.${metric}`,
    shown(a),
    shown(b),
    a === null || b === null ? "-" : signedFigure(b - a),
    betterOf(metric, a, b),
  ]);
  return ["", ...textTable([["metric", "A", "B", "B - A", ""], ...rows])];
}

function betterOf(metric: string, a: number | null, b: number | null): string {
  const direction = findMetric(metric)?.direction ?? null;
  if (direction === null || a === null || b === null || a === b) return "";
  return (a < b) === (direction === "lower") ? "A is better" : "B is better";
}

/** One curve of each step: the loss, or what comes first. */
function headCurves(curves: readonly CurvePair[]): CurvePair[] {
  const steps = [...new Set(curves.map(({ step }) => step))];
  return steps.flatMap((step) => {
    const own = curves.filter((one) => one.step === step);
    return own.find(({ metric }) => metric === "loss") ?? own[0] ?? [];
  });
}

function curveLines({ step, metric, a, b }: CurvePair): string[] {
  const size = { width: WIDTH, height: HEIGHT };
  return [
    "",
    `${step}.${metric} by updates`,
    ...textChart({ a, b, ...size, format: figure }),
  ];
}
