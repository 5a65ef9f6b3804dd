// One step on the page: what it did, its curves, its pictures, its log.
import { formatDuration } from "../clock/duration.ts";
import { counted } from "../plan/text_table.ts";
import type { Transition } from "../catalog/pipeline.ts";
import { orderedMetrics } from "../store/marker.ts";
import { comparisonBlock } from "./comparison_block.ts";
import type { Curves } from "./curves.ts";
import { figure } from "./figures.ts";
import { lineChart } from "./line_chart.ts";
import { type Markup, markup } from "./markup.ts";
import type { PageBudget } from "./page_budget.ts";
import { pictureBlock, type PictureSource } from "./picture_block.ts";
import { stepCharts, type TitledChart } from "./step_charts.ts";
import type { StepFacts } from "./step_facts.ts";

/** Where a step's section is reached. */
export function stepAnchor({ name }: { readonly name: string }): string {
  return `step-${encodeURIComponent(name)}`;
}

/** How a page is drawn. */
export interface PageDrawing {
  readonly budget: PageBudget;
  readonly pictures: PictureSource;
}

/** The section of one step. */
export async function stepSection(
  step: StepFacts,
  drawing: PageDrawing,
): Promise<Markup> {
  const { name, action, request, status, comparison } = step;
  const description = request?.options.description ?? "";
  const failures = step.failure === null ? [] : [step.failure];
  const parts = [
    description === "" ? null : markup`<p>${description}</p>`,
    markup`<p class="facts">${factsLine(step)}</p>`,
    [...failures, ...step.problems].map((text) =>
      markup`<p class="failure">${text}</p>`
    ),
    comparison !== null
      ? comparisonBlock(comparison)
      : status.result !== null
      ? resultTable(orderedMetrics(status.result))
      : null,
    chartGrid(step, drawing.budget),
    await pictureBlock(step, drawing),
    logBlock(step),
  ];
  const badge = markup`<small class="badge ${action}">${action}</small>`;
  return markup`<section class="step" id="${
    stepAnchor(step)
  }"><h3>${name} ${badge}</h3>${parts}</section>`;
}

function factsLine(
  { task, status, attempts, request, curves }: StepFacts,
): string {
  const { result, elapsedMs, cursor } = status;
  const tries = attempts.attempts.length;
  return [
    task,
    ...(result?.epochs === undefined ? [] : [counted(result.epochs, "epoch")]),
    ...(elapsedMs === null ? [] : [formatDuration(elapsedMs)]),
    ...(tries > 1 ? [counted(tries, "attempt")] : []),
    ...(curves?.resumes ?? []).map((update) => `resumed at update ${update}`),
    ...(status.state === "done" || cursor === null
      ? []
      : [progressText(cursor.globalStep, request?.plan.trainSteps ?? null)]),
    ...(status.state === "running" ? liveText(curves) : []),
    ...(result?.summary === undefined || result.summary === ""
      ? []
      : [result.summary]),
  ].join(" · ");
}

/** How far a step is that may have saved long ago. */
function liveText(curves: Curves | null): string[] {
  const last = curves?.epochEnds.at(-1);
  return last === undefined ? [] : [`at update ${last}`];
}

function progressText(done: number, total: number | null): string {
  return total === null
    ? `saved after ${counted(done, "update")}`
    : `saved after ${done} of ${counted(total, "update")}`;
}

function resultTable(metrics: Readonly<Record<string, number>>): Markup | null {
  const entries = Object.entries(metrics);
  if (entries.length === 0) return null;
  return markup`<dl class="metrics">${
    entries.map(([name, value]) =>
      markup`<div><dt>${name}</dt><dd>${figure(value)}</dd></div>`
    )
  }</dl>`;
}

function chartGrid(step: StepFacts, budget: PageBudget): Markup | null {
  if (step.curves === null) return null;
  const all = stepCharts(
    step.curves,
    transitionOf(step),
    step.status.state === "done",
  );
  const shown = all.slice(0, budget.charts);
  const left = all.slice(budget.charts);
  return markup`<div class="charts">${
    shown.map((one) => chartFigure(one, budget.points))
  }</div>${
    left.length === 0
      ? null
      : markup`<p class="note">Left out for the size of the page: ${
        left.map(({ title }) => title).join(", ")
      }.</p>`
  }${markLegend(step)}`;
}

function transitionOf({ request }: StepFacts): Transition | null {
  return request?.options.task === "train"
    ? request.options.transition_on
    : null;
}

function chartFigure(
  { title, note, legend, chart }: TitledChart,
  mostPoints: number,
): Markup | null {
  const drawing = lineChart({ ...chart, mostPoints });
  if (drawing === null) return null;
  return markup`<figure class="curve"><figcaption><b>${title}</b>${
    legend.map(({ name, color }) =>
      markup`<span class="key"><i class="c${color}"></i>${name}</span>`
    )
  }<small>${note}</small></figcaption>${drawing}</figure>`;
}

function markLegend({ curves, request, status }: StepFacts): Markup | null {
  if (curves === null) return null;
  const words = [
    "the axis counts updates; ticks at its foot are ends of epochs",
    ...(curves.resumes.length > 0 ? ["dashed lines are resumes"] : []),
    ...(request?.options.task === "train" && status.state === "done"
      ? ["the line at the end is the transition to the next step"]
      : []),
    "losses stand on a logarithmic axis, raw behind smoothed",
  ];
  const text = words.join("; ");
  return markup`<p class="note">${text.charAt(0).toUpperCase()}${
    text.slice(1)
  }.</p>`;
}

function logBlock({ attempts }: StepFacts): Markup | null {
  const { logTail } = attempts;
  if (logTail.length === 0) return null;
  return markup`<details><summary>Log, last ${
    counted(logTail.length, "line")
  }</summary><pre>${logTail.join("\n")}</pre></details>`;
}
