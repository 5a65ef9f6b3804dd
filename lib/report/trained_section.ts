// Which components each train step trained, which it used frozen, and where their weights came from.
import { type Markup, markup } from "./markup.ts";
import type { RunFacts } from "./run_facts.ts";

/** The table; null for a run without train steps that began. */
export function trainedSection({ steps }: RunFacts): Markup | null {
  const trained = steps.flatMap(({ name, request }) =>
    request?.options.task === "train" ? [{ name, step: request.options }] : []
  );
  if (trained.length === 0) return null;
  const components = [
    ...new Set(
      trained.flatMap(({ step }) => [...step.components, ...step.frozen]),
    ),
  ];
  return markup`<section id="trained"><h2>What trained and what was frozen</h2><div class="wide" role="region" tabindex="0" aria-label="Table that scrolls sideways"><table><thead><tr><th scope="col">step</th>${
    components.map((component) => markup`<th scope="col">${component}</th>`)
  }<th scope="col">optimizer</th></tr></thead><tbody>${
    trained.map(({ name, step }) =>
      markup`<tr><th scope="row">${name}</th>${
        components.map((component) => {
          const word = step.trains.includes(component)
            ? "trained"
            : step.frozen.includes(component)
            ? "frozen"
            : "unused";
          const from = step.init_from[component] ??
            (step.from_files?.includes(component) ? "file" : null);
          return markup`<td class="${word}">${
            word === "unused" ? "not used" : word
          }${from === null ? null : markup`<small>from ${from}</small>`}</td>`;
        })
      }<td>${
        Object.entries(step.optimization.optimizers).map((
          [name, entry],
        ) =>
          markup`<div>${name}: ${entry?.type ?? ""}, lr ${
            entry?.lr ?? ""
          }</div>`
        )
      }</td></tr>`
    )
  }</tbody></table></div></section>`;
}
