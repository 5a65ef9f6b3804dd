// A page about one run: one text that needs nothing else, opening with the verdict.
import { createHash } from "node:crypto";
import { FLUXLINE_VERSION } from "../exchange/file_metadata.ts";
import { configurationSection } from "./configuration_section.ts";
import { estimateSection } from "./estimate_section.ts";
import { graphSection } from "./graph_section.ts";
import { type Markup, markup, trusted } from "./markup.ts";
import { originSection } from "./origin_section.ts";
import { pageBudget } from "./page_budget.ts";
import { PAGE_SCRIPT } from "./page_script.ts";
import { PAGE_STYLE } from "./page_style.ts";
import { embeddedPicture, type PictureSource } from "./picture_block.ts";
import type { RunFacts } from "./run_facts.ts";
import { stepAnchor, stepSection } from "./step_section.ts";
import { trainedSection } from "./trained_section.ts";
import { minuteOf, verdictSection } from "./verdict_section.ts";

/** The page about a run, as one file. */
export async function runPage(facts: RunFacts): Promise<string> {
  return document({
    title: `Run ${facts.manifest.run}`,
    navigation: runNavigation(facts),
    main: await runMain(facts, embeddedPicture),
    scripts: [PAGE_SCRIPT],
    policy: "img-src data:",
  });
}

/** Beyond these a browser draws only the steps that are in view. */
const FEW_STEPS = 24;

/** Links to the parts of a run's page. */
export function runNavigation({ steps }: RunFacts): Markup {
  return markup`<a href="#graph">Steps</a>${
    steps.length > 40
      ? null
      : steps.map((step) =>
        markup`<a href="#${stepAnchor(step)}">${step.name}</a>`
      )
  }<a href="#configuration">Configuration</a><a href="#origin">Versions, data, permissions</a>`;
}

/** Everything between the navigation and the foot of a run's page. */
export async function runMain(
  facts: RunFacts,
  pictures: PictureSource,
): Promise<Markup> {
  const drawing = { budget: pageBudget(facts), pictures };
  const steps: Markup[] = [];
  for (const step of facts.steps) steps.push(await stepSection(step, drawing));
  return markup`
    ${verdictSection(facts)}${graphSection(facts)}${
    trainedSection(
      facts,
    )
  }${estimateSection(facts)}<h2>Step by step</h2><div class="${
    steps.length > FEW_STEPS ? "many" : "few"
  }">${steps}</div>${configurationSection(facts)}${
    originSection(
      facts,
    )
  }<footer>Written by fluxline ${FLUXLINE_VERSION} on ${
    minuteOf(
      facts.readAt.toISOString(),
    )
  } from what lies on disk.</footer>`;
}

/** Parts of a document. */
export interface DocumentParts {
  readonly title: string;
  readonly navigation: Markup;
  readonly main: Markup;
  readonly scripts: readonly string[];
  /** Added to the style sheet of reports. */
  readonly style?: string;
  /** What the page may load, beside its own style and scripts; everything else is refused by the browser. */
  readonly policy: string;
}

/** A whole document. Only the scripts named here run in it, whatever a name or a log holds. */
export function document(
  { title, navigation, main, scripts, style = "", policy }: DocumentParts,
): string {
  const sheet = `${PAGE_STYLE}${style}`;
  const allowed = `default-src 'none'; style-src ${sourceOf(sheet)}; ${
    scripts.length === 0
      ? ""
      : `script-src ${scripts.map(sourceOf).join(" ")}; `
  }${policy}`;
  return String(
    markup`<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${allowed}"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${title}</title><style>${
      trusted(sheet)
    }</style></head><body><a class="skip" href="#main">Skip to the content</a><header><nav aria-label="Parts of the page">${navigation}</nav></header><main id="main">${main}</main>${
      scripts
        .map((script) => markup`<script>${trusted(script)}</script>`)
    }</body></html>`,
  );
}

/** A script or style by its digest, as a content security policy names it. */
function sourceOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
