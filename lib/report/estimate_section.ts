// What the steps took, held against what was expected of them when the run started.
import { basisText, comparedCells } from "../plan/cost_text.ts";
import { type Markup, markup } from "./markup.ts";
import type { RunFacts } from "./run_facts.ts";

/** The table; null where nothing was expected of the run's steps, or none has ended. */
export function estimateSection(
  { steps, estimates }: RunFacts,
): Markup | null {
  const rows = steps.flatMap(({ name, key, status }) => {
    const estimate = estimates[name];
    if (estimate?.key !== key || status.state !== "done") return [];
    const cells = comparedCells(estimate, {
      timeMs: status.elapsedMs,
      diskBytes: status.bytes ?? null,
      memoryBytes: status.peakMemoryBytes ?? null,
    });
    return [{ name, cells: [...cells, basisText(estimate)] }];
  });
  if (rows.length === 0) return null;
  return markup`<section id="estimates"><h2>Estimate and truth</h2><div class="wide" role="region" tabindex="0" aria-label="Table that scrolls sideways"><table><thead><tr><th scope="col">step</th><th scope="col">time</th><th scope="col">disk</th><th scope="col">memory</th><th scope="col">the estimate rests on</th></tr></thead><tbody>${
    rows.map(({ name, cells }) =>
      markup`<tr><th scope="row">${name}</th>${
        cells.map((cell) => markup`<td>${cell}</td>`)
      }</tr>`
    )
  }</tbody></table></div></section>`;
}
