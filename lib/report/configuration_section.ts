// The resolved configuration: every value with its origin, in the parts of the pipeline file.
import { counted } from "../plan/text_table.ts";
import type { StoredValue } from "../store/resolved_record.ts";
import { type Markup, markup } from "./markup.ts";
import type { RunFacts } from "./run_facts.ts";

const STEPS = "training.pipeline.steps.";

/** The section; the parts are closed, because they are long. */
export function configurationSection({ resolved, steps }: RunFacts): Markup {
  if (resolved === null) {
    return markup`<section id="configuration"><h2>Configuration</h2><p>This run kept no resolved configuration.</p></section>`;
  }
  const parts = new Map<string, StoredValue[]>();
  for (const value of resolved) {
    const part = partOf(value.path, steps.map(({ name }) => name));
    parts.set(part, [...parts.get(part) ?? [], value]);
  }
  return markup`<section id="configuration"><h2>Configuration</h2><p class="note">Every value as it was when the run last started, and where it came from: a place in the file, <code>--set</code>, the <code>default</code>, or <code>derived</code> from other values.</p>${
    [
      ...parts,
    ].map(([part, values]) => partTable(part, values))
  }</section>`;
}

function partOf(path: string, steps: readonly string[]): string {
  if (!path.startsWith(STEPS)) {
    const [first = "", second] = path.split(".");
    return second === undefined
      ? "pipeline"
      : first === "training"
      ? "data sets"
      : first;
  }
  const rest = path.slice(STEPS.length);
  const name = steps.find((step) =>
    rest.startsWith(`${step.replaceAll(".", "\\.")}.`)
  );
  return name === undefined ? "steps" : `step ${name}`;
}

function partTable(part: string, values: readonly StoredValue[]): Markup {
  const written =
    values.filter(({ origin }) => origin !== "default" && origin !== "derived")
      .length;
  return markup`<details><summary>${part}<small>${
    counted(
      values.length,
      "value",
    )
  }, ${written} written</small></summary><div class="wide" role="region" tabindex="0" aria-label="Table that scrolls sideways"><table class="values"><thead><tr><th scope="col">key</th><th scope="col">value</th><th scope="col">origin</th></tr></thead><tbody>${
    values.map(({ path, value, origin }) =>
      markup`<tr><th scope="row"><code>${
        shortPath(path)
      }</code></th><td><code>${valueText(value)}</code></td><td class="${
        origin === "default" || origin === "derived" ? "quiet" : "written"
      }">${origin}</td></tr>`
    )
  }</tbody></table></div></details>`;
}

function shortPath(path: string): string {
  return path.startsWith(STEPS)
    ? path.slice(STEPS.length).replace(/^(\\.|[^.\\])+\./, "")
    : path;
}

function valueText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? "";
}
