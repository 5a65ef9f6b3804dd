// A page that shows two runs beside each other: what differs in options and metrics, and both curves in each chart.
import type { CurvePair, RunComparison } from "../history/compare_runs.ts";
import { textOf } from "../history/condition.ts";
import { figure, figureOf, signedFigure } from "./figures.ts";
import { lineChart } from "./line_chart.ts";
import { type Markup, markup } from "./markup.ts";
import { document } from "./page.ts";
import { smoothed } from "./thinning.ts";

const MOST_POINTS = 320;

/** The page, as one file that needs nothing else. */
export function runComparisonPage(comparison: RunComparison): string {
  const { a, b } = comparison;
  return document({
    title: `Runs ${a} and ${b}`,
    navigation:
      markup`<a href="#options">Options</a><a href="#metrics">Metrics</a><a href="#curves">Curves</a>`,
    main:
      markup`<section id="verdict"><p class="eyebrow">Two runs</p><h1>${a} and ${b}</h1></section>${
        optionsSection(comparison)
      }${metricsSection(comparison)}${curvesSection(comparison)}`,
    scripts: [],
    policy: "",
  });
}

function optionsSection({ a, b, options }: RunComparison): Markup {
  return markup`<h2 id="options">Options that differ</h2>${
    options.length === 0 ? markup`<p>None.</p>` : table(
      ["option", a, b],
      options.map((one) => [one.path, valueText(one.a), valueText(one.b)]),
    )
  }`;
}

function metricsSection({ a, b, metrics }: RunComparison): Markup {
  const rows = metrics.map(({ step, metric, a, b }) => [
    `${step}.${metric}`,
    ...[a, b].map((value) => value === null ? "" : figure(value)),
    a === null || b === null ? "" : signedFigure(b - a),
  ]);
  return markup`<h2 id="metrics">Metrics</h2>${
    rows.length === 0
      ? markup`<p>No step of either run is finished.</p>`
      : table(["metric", a, b, "difference"], rows)
  }`;
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): Markup {
  return markup`<div class="wide" tabindex="0"><table class="values"><thead><tr>${
    head.map((cell) => markup`<th scope="col">${cell}</th>`)
  }</tr></thead><tbody>${
    rows.map(([name, ...cells]) =>
      markup`<tr><th scope="row">${name}</th>${
        cells.map((cell) => markup`<td>${cell}</td>`)
      }</tr>`
    )
  }</tbody></table></div>`;
}

function curvesSection({ a, b, curves, steps }: RunComparison): Markup {
  const same = steps.filter(({ relation }) => relation === "same");
  return markup`<h2 id="curves">Curves</h2>${
    same.length === 0
      ? null
      : markup`<p class="note">The runs share the work of ${
        same.map(({ name }) => name).join(", ")
      }.</p>`
  }${
    curves.length === 0
      ? markup`<p>There is no step that both runs trained in different ways.</p>`
      : markup`<div class="charts">${
        curves.map((one) => curveFigure(one, a, b))
      }</div>`
  }`;
}

function curveFigure(
  { step, metric, a, b }: CurvePair,
  nameOfA: string,
  nameOfB: string,
): Markup {
  const lines = [[nameOfA, a], [nameOfB, b]] as const;
  const drawing = lineChart({
    description: lines.map(([name, points]) => {
      const last = points.at(-1);
      return last === undefined
        ? `${name}: no values`
        : `${name}: ${figure(last[1])} at update ${last[0]}`;
    }).join("; "),
    lines: lines.flatMap(([name, points], color) => {
      // The average of equal values differs from them in the last digit, and an axis would show nothing else.
      const isFlat = points.every(([, value]) => value === points[0]![1]);
      const smooth = isFlat ? null : smoothed(points);
      return [
        { name, points, color, style: smooth === null ? "plain" : "raw" },
        ...(smooth === null
          ? []
          : [{ name, points: smooth, color, style: "plain" }] as const),
      ] as const;
    }),
    marks: [],
    threshold: null,
    isLog: true,
    format: figureOf,
    mostPoints: MOST_POINTS,
  });
  return markup`<figure class="curve"><figcaption><b>${step}.${metric}</b>${
    lines.map(([name], color) =>
      markup`<span class="key"><i class="c${color}"></i>${name}</span>`
    )
  }</figcaption>${drawing}</figure>`;
}

function valueText(value: unknown): string {
  return value === undefined ? "not set" : textOf(value);
}
