// The graph of the steps, coloured by what happened to each, with its time.
import { formatDuration } from "../clock/duration.ts";
import { withoutImplied } from "../plan/step_graph.ts";
import { layOutGraph, type NodePlace } from "./graph_layout.ts";
import { type Markup, markup } from "./markup.ts";
import type { RunFacts } from "./run_facts.ts";
import type { StepAction, StepFacts } from "./step_facts.ts";
import { stepAnchor } from "./step_section.ts";

const NODE = { width: 172, height: 52 } as const;
const GAP = { x: 22, y: 34 } as const;
/** A node's text is cut here; the whole name stands in its title. */
const MOST_LETTERS = 20;

/** What each action means, for the legend. */
const ACTION_WORDS: Readonly<Record<StepAction, string>> = {
  run: "run",
  resume: "resumed",
  reuse: "reused",
  running: "running",
  failed: "failed",
  stopped: "stopped",
  damaged: "damaged",
  waiting: "not started",
};

/** The section with the drawing and its legend. */
export function graphSection(facts: RunFacts): Markup {
  // Every step needs the step that made its data: lines that others imply would hide the shape.
  const steps = facts.steps.map((step) => ({
    ...step,
    needs: withoutImplied(facts.steps, step.needs),
  }));
  const used = [...new Set(steps.map((step) => step.action))];
  return markup`<section id="graph"><h2>Steps</h2><div class="wide" role="region" tabindex="0" aria-label="Graph of the steps">${
    drawGraph(steps)
  }</div><ul class="legend">${
    used.map((action) =>
      markup`<li><i class="swatch ${action}"></i>${ACTION_WORDS[action]}</li>`
    )
  }</ul></section>`;
}

/** A graph of this width can still be read where a phone shrinks it to its own. */
const LITTLE_WIDER = 480;

function drawGraph(steps: readonly StepFacts[]): Markup {
  const { places, rows, columns } = layOutGraph(steps);
  const width = columns * (NODE.width + GAP.x) - GAP.x + 4;
  const height = rows * (NODE.height + GAP.y) - GAP.y + 4;
  const description = steps.map((step) =>
    `${step.name}: ${ACTION_WORDS[step.action]}${
      step.needs.length === 0 ? "" : `, after ${step.needs.join(" and ")}`
    }`
  ).join("; ");
  const size = width <= LITTLE_WIDER ? "graph narrow" : "graph";
  return markup`<svg class="${size}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${description}">${
    steps.map((step) => edgesOf(step, places))
  }${steps.map((step) => nodeOf(step, places.get(step.name)!))}</svg>`;
}

function cornerOf({ row, column }: NodePlace): { x: number; y: number } {
  return {
    x: Math.round(column * (NODE.width + GAP.x)) + 2,
    y: row * (NODE.height + GAP.y) + 2,
  };
}

function edgesOf(
  step: StepFacts,
  places: ReadonlyMap<string, NodePlace>,
): Markup[] {
  const to = cornerOf(places.get(step.name)!);
  return step.needs.flatMap((need) => {
    const place = places.get(need);
    if (place === undefined) return [];
    const from = cornerOf(place);
    const [x1, y1] = [from.x + NODE.width / 2, from.y + NODE.height];
    const [x2, y2] = [to.x + NODE.width / 2, to.y];
    const bend = GAP.y;
    return [
      markup`<path class="edge" d="M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${
        y2 - bend
      } ${x2} ${y2}" />`,
    ];
  });
}

function nodeOf(step: StepFacts, place: NodePlace): Markup {
  const { x, y } = cornerOf(place);
  const { elapsedMs } = step.status;
  const time = elapsedMs === null ? "" : formatDuration(elapsedMs);
  const word = ACTION_WORDS[step.action];
  const name = step.name.length > MOST_LETTERS
    ? `${step.name.slice(0, MOST_LETTERS - 1)}…`
    : step.name;
  return markup`<a href="#${
    stepAnchor(step)
  }" class="node ${step.action}"><title>${step.name}: ${word}</title><rect x="${x}" y="${y}" width="${NODE.width}" height="${NODE.height}" rx="7"/><text class="name" x="${
    x +
    12
  }" y="${y + 21}">${name}</text><text class="small" x="${
    x +
    12
  }" y="${y + 40}">${step.task} · ${word}</text><text class="small" x="${
    x + NODE.width -
    10
  }" y="${y + 40}" text-anchor="end">${time}</text></a>`;
}
