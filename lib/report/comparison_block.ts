// What a comparison found: the sentence, the arms side by side, the intervals, the pictures one by one.
import type { Comparison } from "./comparison.ts";
import { figure } from "./figures.ts";
import { type Markup, markup } from "./markup.ts";
import { intervalPlot, pictureDifferences } from "./interval_plot.ts";

/** The block inside the section of a compare step. */
export function comparisonBlock(comparison: Comparison): Markup {
  const { arms, count, dataset, perImage } = comparison;
  const metrics = [
    ...new Set(arms.flatMap(({ means }) => Object.keys(means))),
  ];
  const hasRatio = arms.some(({ ratio }) => ratio !== null);
  return markup`<div class="wide" role="region" tabindex="0" aria-label="Table that scrolls sideways"><table><caption>Means over ${count} pictures of ${dataset}</caption><thead><tr><th scope="col">arm</th><th scope="col">role</th>${
    metrics.map((
      name,
    ) => markup`<th scope="col" class="number">${name}</th>`)
  }${
    hasRatio
      ? markup`<th scope="col" class="number">of the mean picture's error</th>`
      : null
  }</tr></thead><tbody>${
    arms.map((arm) =>
      markup`<tr><th scope="row">${arm.step}</th><td>${arm.role}</td>${
        metrics.map((name) =>
          markup`<td class="number">${figure(arm.means[name] ?? NaN)}</td>`
        )
      }${
        hasRatio
          ? markup`<td class="number">${
            arm.ratio === null ? "" : figure(arm.ratio)
          }</td>`
          : null
      }</tr>`
    )
  }</tbody></table></div><figure class="plot"><figcaption><b>Treatment minus control</b><small>95 % intervals of the mean over pictures; each row has a scale of its own, and an interval that holds the middle line shows no difference</small></figcaption>${
    intervalPlot(
      comparison,
    )
  }${pictureDifferences(comparison)}${
    perImage.length === 0
      ? null
      : markup`<small>${perImage.length} pictures, sorted by their difference in ${comparison.metric}</small>`
  }</figure>`;
}
