// The end of a run as text: one row per step, then sentences, pictures and failures.
import { formatDuration } from "../clock/duration.ts";
import { comparedCells } from "../plan/cost_text.ts";
import { textTable } from "../plan/text_table.ts";
import type { RunSummary, StepSummary } from "../runner/run_summary.ts";
import { shownPath } from "../worker/permissions.ts";
import { trainedTable } from "./trained_table.ts";

// More would push the folder off the screen; all of them are in complete.json.
const SHOWN_METRICS = 2;

/** The closing table with what belongs below it. */
export function summaryText(summary: RunSummary): string {
  const rows = [
    ["step", "action", "epochs", "metrics", "time", "folder"],
    ...summary.steps.map((step) => [
      step.name,
      actionWord(step),
      step.epochs === null ? "-" : String(step.epochs),
      metricsText(step.metrics),
      step.elapsedMs === null ? "-" : formatDuration(step.elapsedMs),
      shownPath(step.folder),
    ]),
  ];
  const sentences = summary.steps.flatMap((step) =>
    step.text === null ? [] : [`${step.name}: ${step.text}`]
  );
  const pictures = summary.steps.flatMap(newestPicture);
  const trained = summary.outcome === "nothing_to_do"
    ? []
    : trainedTable(summary.steps);
  return [
    headline(summary),
    "",
    ...textTable(rows),
    ...(trained.length === 0 ? [] : ["", ...trained]),
    ...estimateLines(summary),
    ...(sentences.length === 0 ? [] : ["", ...sentences]),
    ...(pictures.length === 0 ? [] : ["", "Pictures:", ...pictures]),
    ...(summary.report === null
      ? []
      : ["", `Report: ${shownPath(summary.report)}`]),
  ].join("\n");
}

/** The estimates of the run against what its steps took. */
function estimateLines({ steps, estimates, outcome }: RunSummary): string[] {
  if (outcome === "nothing_to_do") return [];
  const rows = steps.flatMap((step) => {
    const estimate = estimates[step.name];
    if (estimate?.key !== step.key || step.state !== "done") return [];
    const cost = {
      timeMs: step.elapsedMs,
      diskBytes: step.files?.bytes ?? null,
      memoryBytes: step.peakMemoryBytes,
    };
    return [[step.name, ...comparedCells(estimate, cost)]];
  });
  return rows.length === 0 ? [] : [
    "",
    ...textTable([["taken, estimated", "time", "disk", "memory"], ...rows]),
  ];
}

/** The last picture that a step made, and how many lie beside it. */
function newestPicture({ pictures }: StepSummary): string[] {
  const newest = pictures.at(-1);
  if (newest === undefined) return [];
  const others = pictures.length - 1;
  return [
    `  ${shownPath(newest)}${others > 0 ? ` (and ${others} before it)` : ""}`,
  ];
}

/** Numbers as a reader compares them: four significant digits. */
export function metricsText(
  metrics: Readonly<Record<string, number>>,
  most: number = SHOWN_METRICS,
): string {
  const shown = Object.entries(metrics).slice(0, most);
  if (shown.length === 0) return "-";
  return shown.map(([name, value]) => `${name} ${shortNumber(value)}`).join(
    ", ",
  );
}

function shortNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  return String(Number(value.toPrecision(4)));
}

function headline(summary: RunSummary): string {
  const { run, steps } = summary;
  const time = formatDuration(summary.elapsedMs);
  switch (summary.outcome) {
    case "nothing_to_do":
      return steps.length === 1
        ? `Nothing left to do: the one step of run "${run}" is finished`
        : `Nothing left to do: all ${steps.length} steps of run "${run}" are finished`;
    case "done":
      return `Run "${run}" is finished after ${time}`;
    case "submitted":
      return `Run "${run}" is in the queue; \`status\` tells how far it is, \`train\` with --wait follows it`;
    case "failed":
      return `Run "${run}" failed after ${time}`;
    case "stopped":
      return `Run "${run}" was stopped after ${time}; the same command continues it`;
    default:
      return summary.outcome satisfies never;
  }
}

function actionWord(step: StepSummary): string {
  switch (step.state) {
    case "done":
      return step.action === "resume" ? "resume" : "run";
    case "reused":
      return "reuse";
    case "failed":
      return "failed";
    case "stopped":
      return "stopped";
    case "queued":
      return "queued";
    case "running":
    case "waiting":
      return "not started";
    default:
      return step.state satisfies never;
  }
}
