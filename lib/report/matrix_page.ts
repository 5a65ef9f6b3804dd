// A page about a matrix: the verdicts over seeds, the ranking as a drawing and as a table, and the way to the page of each run.
import { rankingName } from "../catalog/matrix.ts";
import { SEED_LEVEL } from "../evaluation/paired_seeds.ts";
import { FLUXLINE_VERSION } from "../exchange/file_metadata.ts";
import type { MatrixFacts } from "../matrix/matrix_facts.ts";
import type { RankedCell, RankedRow } from "../matrix/ranking.ts";
import type { SeedVerdict } from "../matrix/seed_verdict.ts";
import { counted } from "../plan/text_table.ts";
import { figure, signedFigure } from "./figures.ts";
import { intervalPlot } from "./interval_plot.ts";
import { type Markup, markup } from "./markup.ts";
import { document } from "./page.ts";
import { rankingPlot } from "./ranking_plot.ts";
import { minuteOf } from "./verdict_section.ts";

/** The page, as one file; `now` is when it was written. */
export function matrixPage(facts: MatrixFacts, now: Date = new Date()): string {
  return document({
    title: `Matrix ${facts.record.name}`,
    navigation:
      markup`<a href="#verdict">Verdict</a><a href="#ranking">Ranking</a><a href="#cells">Cells</a>`,
    main: markup`${summarySection(facts)}${rankingSection(facts)}${
      cellSection(facts)
    }<footer>Written by fluxline ${FLUXLINE_VERSION} on ${
      minuteOf(now.toISOString())
    } from what lies on disk.</footer>`,
    scripts: [],
    policy: "img-src data:",
  });
}

function summarySection(facts: MatrixFacts): Markup {
  const { record, verdicts, rows } = facts;
  const cells = rows.flatMap(({ cells }) => cells);
  const done = cells.filter(({ state }) => state === "done").length;
  const failed = cells.filter(({ state }) => state === "failed").length;
  const work = [
    ["cells", `${done} of ${cells.length} finished`],
    ...(failed === 0 ? [] : [["failed", String(failed)]]),
    ["combinations", String(rows.length)],
    ...(record.seeds === null ? [] : [["seeds", String(record.seeds.length)]]),
    ...(record.search === null ? [] : [["search", record.search]]),
  ];
  return markup`<section id="verdict"><p class="eyebrow">Matrix <b>${record.name}</b> of ${record.pipeline}</p>${
    verdicts.length === 0
      ? markup`<h1>${bestText(facts)}</h1>`
      : verdicts.map(verdictBlock)
  }<dl class="metrics">${
    work.map(([name, value]) =>
      markup`<div><dt>${name}</dt><dd>${value}</dd></div>`
    )
  }</dl></section>`;
}

function verdictBlock(verdict: SeedVerdict): Markup {
  const { outcome, sentence, label, metric, mean, interval, perSeed } = verdict;
  const [low, high] = interval;
  return markup`<h1 class="${outcome}">${
    label === "" ? "" : `${label}: `
  }${sentence}</h1><figure class="plot"><figcaption><b>Treatment minus control</b><small>${
    Math.round(SEED_LEVEL * 100)
  } % interval over seeds and pictures; one that holds the middle line shows no difference</small></figcaption>${
    intervalPlot(
      { metric, differences: [{ metric, mean, low, high }] },
      SEED_LEVEL,
    )
  }<small>Each seed's mean: ${
    perSeed.map(({ seed, mean }) => `${seed}: ${signedFigure(mean)}`)
      .join(", ")
  }</small></figure>`;
}

/** Without a verdict the page opens with the best combination. */
function bestText({ record, rows }: MatrixFacts): string {
  const [best] = rows;
  const { metric } = record;
  if (best === undefined || best.mean === null || metric === null) {
    return "Nothing to rank yet";
  }
  return `Best of ${rows.length}: ${best.label || record.name} with ${
    rankingName(metric)
  } ${figure(best.mean)}${
    best.interval === null
      ? ""
      : `, 95 % interval ${best.interval.map(figure).join(" to ")}`
  }`;
}

function rankingSection({ record, rows }: MatrixFacts): Markup | null {
  const { metric } = record;
  if (metric === null) return null;
  return markup`<h2 id="ranking">Ranking</h2><p class="note">By ${
    rankingName(metric)
  }, ${metric.direction} is better. ${
    record.seeds === null
      ? "One run per combination, so nothing is known of other seeds."
      : "Mean over seeds with Student's t interval (95 %): the interval of one row, not of the difference of two."
  }</p><div class="wide" role="region" tabindex="0" aria-label="Drawing that scrolls sideways">${
    rankingPlot(rows)
  }</div>`;
}

function cellSection({ record, rows }: MatrixFacts): Markup {
  const { axes, seeds, metric } = record;
  const hasRounds = rows.some(({ round }) => round !== null);
  const columns = [
    "rank",
    ...axes,
    ...(hasRounds ? ["round"] : []),
    ...(metric === null ? [] : [rankingName(metric)]),
    ...(metric === null || seeds === null ? [] : ["95 % interval"]),
    "runs",
  ];
  return markup`<h2 id="cells">Cells</h2><div class="wide" role="region" tabindex="0" aria-label="Table that scrolls sideways"><table><caption>${
    counted(rows.length, "combination")
  }, the best first</caption><thead><tr>${
    columns.map((name) => markup`<th scope="col">${name}</th>`)
  }</tr></thead><tbody>${
    rows.map((row) =>
      markup`<tr><th scope="row">${row.rank ?? "-"}</th>${
        axes.map((axis) =>
          markup`<td class="number">${row.shown[axis] ?? "-"}</td>`
        )
      }${
        hasRounds
          ? markup`<td class="number">${(row.round ?? 0) + 1}</td>`
          : null
      }${
        metric === null
          ? null
          : markup`<td class="number">${
            row.mean === null ? "" : figure(row.mean)
          }</td>`
      }${
        metric === null || seeds === null
          ? null
          : markup`<td class="number">${intervalText(row)}</td>`
      }<td>${row.cells.map(runLink)}</td></tr>`
    )
  }</tbody></table></div>`;
}

function intervalText({ interval }: RankedRow): string {
  return interval === null ? "" : interval.map(figure).join(" to ");
}

/** The pages of the runs lie beside the folder of the matrix. */
function runLink({ run, seed, state, value }: RankedCell): Markup {
  const name = seed === null ? "run" : `seed ${seed}`;
  const text = value === null ? name : `${name}: ${figure(value)}`;
  return state === "waiting"
    ? markup`<span class="quiet">${name} not started </span>`
    : markup`<a href="../${encodeURIComponent(run)}/report.html">${text}</a>${
      state === "done" ? " " : ` (${state}) `
    }`;
}
