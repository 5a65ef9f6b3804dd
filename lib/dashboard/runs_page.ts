// The page that lists all runs: what `runs list` shows, with the same conditions and fields, and the last result of each.
import { UsageError } from "../error/failure.ts";
import type { Field } from "../history/field.ts";
import type { ListedRun } from "../history/listed_run.ts";
import type { RunIndex } from "../history/run_index.ts";
import { prepareQuery } from "../history/run_query.ts";
import { counted } from "../plan/text_table.ts";
import { figure } from "../report/figures.ts";
import { type Markup, markup } from "../report/markup.ts";
import {
  addedFields,
  fieldText,
  RUN_COLUMNS,
  runCells,
} from "../report/run_row.ts";
import { liveDocument } from "./live_document.ts";

/** More rows than this are of no use to a reader, and slow on a phone. */
const MOST_ROWS = 200;

/** What a reader asked for, as it was typed. */
export interface RunsQuestion {
  /** Conditions with `;` between them. */
  readonly where: string;
  /** Fields with commas between them. */
  readonly sort: string;
  readonly columns: string;
}

/** The page. */
export function runsPage(
  runs: readonly ListedRun[],
  index: RunIndex,
  question: RunsQuestion,
): string {
  return liveDocument({
    title: "Runs",
    links: null,
    main: markup`<section id="verdict"><h1>Runs</h1>${
      runs.length === 0
        ? markup`<p>No run has started yet.</p>`
        : markup`${form(question)}${answer(runs, index, question)}`
    }</section>`,
    events: "/events",
  });
}

function form({ where, sort, columns }: RunsQuestion): Markup {
  const fields = [
    ["where", "Conditions, such as psnr>20; state=done", where],
    ["sort", "Sort by, such as -psnr", sort],
    ["columns", "Show, such as flow.lr, seed", columns],
  ] as const;
  return markup`<form class="query" method="get" action="/">${
    fields.map(([name, label, value]) =>
      markup`<label>${label}<input name="${name}" value="${value}" autocomplete="off" autocapitalize="off" spellcheck="false"></label>`
    )
  }<button>Show</button></form>`;
}

function answer(
  runs: readonly ListedRun[],
  index: RunIndex,
  { where, sort, columns }: RunsQuestion,
): Markup {
  const sorted = split(sort, ",");
  try {
    const query = prepareQuery({
      where: split(where, ";"),
      sort: sorted.length === 0 ? ["-updated"] : sorted,
      columns: split(columns, ","),
    }, index);
    const found = query.select(runs);
    const shown = found.slice(0, MOST_ROWS);
    const fields = addedFields(query.columns);
    return markup`<p class="note">${
      found.length === runs.length
        ? counted(runs.length, "run")
        : `${found.length} of ${counted(runs.length, "run")}`
    }${
      shown.length < found.length ? `, the first ${shown.length} shown` : ""
    }</p>${table(shown, index, fields)}`;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return markup`<p class="failure">${error.message}</p><p class="note">${
      error.hint ?? ""
    }</p>`;
  }
}

function table(
  runs: readonly ListedRun[],
  index: RunIndex,
  fields: readonly Field[],
): Markup {
  return markup`<div class="wide" role="region" tabindex="0" aria-label="Runs"><table class="runs"><thead><tr>${
    [...RUN_COLUMNS, ...fields.map(({ written }) => written), "last result"]
      .map((name) => markup`<th scope="col">${name}</th>`)
  }</tr></thead><tbody>${
    runs.map((run) => row(run, index, fields))
  }</tbody></table></div>`;
}

function row(
  run: ListedRun,
  index: RunIndex,
  fields: readonly Field[],
): Markup {
  const cells = [
    ...Object.entries(runCells(run)),
    ...fields.map((field) =>
      [field.written, fieldText(field, run) ?? ""] as const
    ),
  ];
  return markup`<tr><th scope="row"><a href="/run/${run.run}">${run.run}</a></th><td><span class="badge ${run.state}">${run.state}</span></td>${
    cells.map(([name, text]) => markup`<td data-name="${name}">${text}</td>`)
  }<td class="text">${run.problem ?? lastResult(run, index)}</td></tr>`;
}

/** What the last finished step with metrics reported. */
function lastResult(run: ListedRun, index: RunIndex): string {
  const metrics = index.metricsOf(run.id);
  const last = run.steps.findLast(({ name }) =>
    metrics.some(({ step }) => step === name)
  );
  return last === undefined
    ? ""
    : `${last.name}: ${
      metrics.filter(({ step }) => step === last.name).slice(0, 4)
        .map(({ metric, value }) => `${metric} ${figure(value)}`).join(", ")
    }`;
}

function split(text: string, mark: string): string[] {
  return text.split(mark).map((part) => part.trim())
    .filter((part) => part !== "");
}
