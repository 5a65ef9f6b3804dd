// A plan's graph in the languages of Graphviz and Mermaid: a box per step, coloured by its action.
import type { Action } from "./step_action.ts";
import { withoutImplied } from "./step_graph.ts";

/** Languages that a plan is drawn in. */
export type DiagramLanguage = "dot" | "mermaid";

/** What is drawn of a plan. */
export interface DiagramPlan {
  readonly run: string;
  readonly steps: readonly {
    readonly name: string;
    readonly task: string;
    readonly needs: readonly string[];
    readonly action: Action;
  }[];
}

const FILLS: Readonly<Record<Action, string>> = {
  run: "#fde9c8",
  resume: "#cfeaf2",
  reuse: "#d6f0d6",
  wait: "#e8e8e8",
};

/** The graph as text of several lines. Arrows that others imply are left out. */
export function planDiagram(
  plan: DiagramPlan,
  language: DiagramLanguage,
): string {
  return (language === "dot" ? dotLines(plan) : mermaidLines(plan)).join("\n");
}

function dotLines({ run, steps }: DiagramPlan): string[] {
  const nodes = steps.map(({ name, task, action }) =>
    `  ${dotText(name)} [label=${
      dotText(`${name}\n${task}, ${action}`)
    }, fillcolor="${FILLS[action]}"];`
  );
  return [
    `digraph ${dotText(run)} {`,
    '  node [shape=box, style="rounded,filled", fontname="sans-serif"];',
    ...nodes,
    ...arrowsOf(steps).map(([from, to]) =>
      `  ${dotText(from)} -> ${dotText(to)};`
    ),
    "}",
  ];
}

/** A quoted word; a backslash would otherwise begin one of Graphviz's own marks. */
function dotText(text: string): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
    .replaceAll("\n", "\\n");
  return `"${escaped}"`;
}

function mermaidLines({ steps }: DiagramPlan): string[] {
  // Names such as "end" mean something to Mermaid, so boxes are numbered.
  const ids = new Map(steps.map(({ name }, index) => [name, `s${index}`]));
  const actions = [...new Set(steps.map(({ action }) => action))];
  return [
    "flowchart TD",
    ...steps.map(({ name, task, action }) =>
      `  ${ids.get(name)}["${mermaidText(name)}<br/>${
        mermaidText(`${task}, ${action}`)
      }"]:::${action}`
    ),
    ...arrowsOf(steps).map(([from, to]) =>
      `  ${ids.get(from)} --> ${ids.get(to)}`
    ),
    ...actions.map((action) =>
      `  classDef ${action} fill:${FILLS[action]},stroke:#555,color:#111`
    ),
  ];
}

/** Mermaid reads quotes, markup and its own marks in a label, but not their numbers. */
function mermaidText(text: string): string {
  return text.replaceAll(
    /[^\p{L}\p{N} ,._-]/gu,
    (character) => `#${character.codePointAt(0)};`,
  );
}

function arrowsOf(steps: DiagramPlan["steps"]): [string, string][] {
  return steps.flatMap(({ name, needs }) =>
    withoutImplied(steps, needs).map((need): [string, string] => [need, name])
  );
}
