// Where a run comes from: versions, seed, keys, data, permissions and what was really asked for.
import { isRecord } from "../json/record.ts";
import { type Markup, markup } from "./markup.ts";
import type { RunFacts } from "./run_facts.ts";
import type { StepFacts } from "./step_facts.ts";

/** The section at the end of the page. */
export function originSection({ manifest, steps }: RunFacts): Markup {
  const rows: readonly (readonly [string, string])[] = [
    ["pipeline", manifest.pipeline],
    ["digest of its text", manifest.digest],
    ["seed", String(manifest.seed)],
    ["engine", manifest.engine],
    ...Object.entries(manifest.versions),
  ];
  return markup`<section id="origin"><h2>Versions, data, permissions</h2><div class="wide" role="region" tabindex="0" aria-label="Table that scrolls sideways"><table class="values"><tbody>${
    rows
      .map(([name, value]) =>
        markup`<tr><th scope="row">${name}</th><td><code>${value}</code></td></tr>`
      )
  }</tbody></table></div><h3>Keys and data</h3><div class="wide" role="region" tabindex="0" aria-label="Table that scrolls sideways"><table class="values"><thead><tr><th scope="col">step</th><th scope="col">key</th><th scope="col">data</th></tr></thead><tbody>${
    steps
      .map((step) =>
        markup`<tr><th scope="row">${step.name}</th><td><code>${step.key}</code></td><td>${
          dataLines(step)
        }</td></tr>`
      )
  }</tbody></table></div><h3>Permissions and what was asked for</h3><p class="note">Each step runs in a process of its own with these grants. The audit counts what the process asked for, over all attempts that ended.</p>${
    steps
      .map(permissionBlock)
  }</section>`;
}

/** Fingerprints of data that no step made, and the keys of the steps that made the rest. */
function dataLines({ request }: StepFacts): Markup[] {
  const work = request?.work ?? {};
  const datasets = isRecord(work["datasets"]) ? work["datasets"] : {};
  const sets = Object.entries(datasets).flatMap(([role, set]) => {
    if (!isRecord(set)) return [];
    const { fingerprint, from, image_folder: folder } = set;
    return typeof fingerprint === "string"
      ? [
        markup`<div>${role}: content <code>${
          fingerprint.slice(0, 16)
        }</code></div>`,
      ]
      : [
        markup`<div>${role}: ${String(folder)} of step <code>${
          String(from)
        }</code></div>`,
      ];
  });
  const files = (request?.weight_files?.files ?? []).map(({ path }) =>
    markup`<div>weights: <code>${path}</code></div>`
  );
  return [...sets, ...files];
}

function permissionBlock({ name, attempts }: StepFacts): Markup | null {
  const { grants, counts, undeclared } = attempts;
  if (attempts.attempts.length === 0) return null;
  const asked = Object.entries(counts).map(([kind, count]) =>
    `${kind} ${count}`
  ).join(", ");
  return markup`<details><summary>${name}<small>${
    asked === "" ? "no audit" : `asked for: ${asked}`
  }${
    undeclared.length === 0 ? "" : `; ${undeclared.length} undeclared`
  }</small></summary>${
    undeclared.length === 0
      ? null
      : markup`<p class="failure">Asked to read what it does not declare:</p><ul>${
        undeclared.map((path) => markup`<li><code>${path}</code></li>`)
      }</ul>`
  }${
    grants === null
      ? markup`<p>The attempt kept no list of its permissions.</p>`
      : markup`<dl class="grants">${
        Object.entries(grants).filter(([kind, list]) =>
          kind !== "code" && list.length > 0
        ).map(([kind, list]) =>
          markup`<dt>${kind}</dt><dd>${
            list.map((path) => markup`<code>${path}</code>`)
          }</dd>`
        )
      }</dl>`
  }</details>`;
}
