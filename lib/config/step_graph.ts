// Which step waits for which: `needs`, and every other key that names a step. Cycles are named.
import type { DatasetEntry } from "../catalog/pipeline.ts";
import { locate, type PathItem } from "../source/located_tree.ts";
import { didYouMean } from "../source/suggestion.ts";
import type { Report } from "./report.ts";
import { placeIn, type StepDraft } from "./step_drafts.ts";

/** Names of the steps that each step waits for. */
export type StepGraph = ReadonlyMap<string, readonly string[]>;

/** Longer lists of names help nobody. */
const MOST_NAMED = 12;

interface Reference {
  readonly name: string;
  readonly path: readonly PathItem[];
}

/** The graph of the drafts. Unknown names are reported and left out. */
export function stepGraph(
  drafts: readonly StepDraft[],
  datasets: {
    readonly entries: Readonly<Record<string, DatasetEntry>>;
    readonly fallback: string | undefined;
  },
  report: Report,
): StepGraph {
  const known = new Set(
    drafts.map(({ name }) => name).filter((name) => name !== ""),
  );
  const graph = new Map<string, string[]>();
  for (const [index, draft] of drafts.entries()) {
    if (draft.name === "" || graph.has(draft.name)) continue;
    const said = references(draft);
    const needs = draft.checked?.options.needs ??
      [drafts[index - 1]?.name ?? ""];
    const made = datasetNames(draft, datasets.fallback).map((name) =>
      datasets.entries[name]?.from ?? ""
    );
    for (const reference of said) {
      checkReference(draft, reference, known, report);
    }
    const names = [...needs, ...said.map(({ name }) => name), ...made].filter((
      name,
    ) => known.has(name));
    graph.set(draft.name, [...new Set(names)]);
  }
  return graph;
}

/** Names of the datasets that a draft reads, the default one included. */
export function datasetNames(
  draft: StepDraft,
  defaultDataset: string | undefined,
): string[] {
  const step = draft.checked;
  if (
    step === undefined || step.task === "generate" || step.task === "script"
  ) return [];
  const further = step.task === "train"
    ? step.options.eval_dataset
    : step.task === "compare"
    ? step.options.baseline_dataset
    : null;
  return [step.options.dataset ?? defaultDataset, further].filter((name) =>
    name !== null && name !== undefined
  );
}

/**
 * Names in an order in which every step follows what it needs, otherwise as in the file; undefined where a cycle makes that
 * impossible, which is reported with the steps on it.
 */
export function orderSteps(
  drafts: readonly StepDraft[],
  graph: StepGraph,
  report: Report,
): string[] | undefined {
  const ordered = new Set<string>();
  const cycles: string[][] = [];
  for (const name of graph.keys()) visit(name, graph, ordered, cycles);
  for (const cycle of cycles) {
    const last = drafts.find(({ name }) => name === cycle.at(-1))!;
    report.error(
      placeIn(last, "needs"),
      `Cannot order the steps: they wait for each other, ${
        [...cycle, cycle[0]].map((name) => `"${name}"`).join(" needs ")
      }`,
      'Take one of them out of a "needs"',
    );
  }
  return cycles.length > 0 ? undefined : [...ordered];
}

/** Depth first with the path as an explicit stack, so that thousands of steps in a row do not exhaust the call stack. */
function visit(
  start: string,
  graph: StepGraph,
  ordered: Set<string>,
  cycles: string[][],
): void {
  const path: { readonly name: string; next: number }[] = [];
  const onPath = new Set<string>();
  function enter(name: string): void {
    path.push({ name, next: 0 });
    onPath.add(name);
  }
  if (!ordered.has(start)) enter(start);
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const needed = graph.get(top.name)?.[top.next++];
    if (needed === undefined) {
      ordered.add(top.name);
      onPath.delete(top.name);
      path.pop();
    } else if (onPath.has(needed)) {
      cycles.push(
        path.slice(path.findIndex(({ name }) => name === needed)).map((
          { name },
        ) => name),
      );
    } else if (!ordered.has(needed)) {
      enter(needed);
    }
  }
}

function references(draft: StepDraft): Reference[] {
  const step = draft.checked;
  if (step === undefined) return [];
  const needs = (step.options.needs ?? []).map((name, index) => ({
    name,
    path: ["needs", index],
  }));
  switch (step.task) {
    case "train": {
      const from = step.options.init_from;
      if (from === null) return needs;
      if (typeof from === "string") {
        return [...needs, { name: from, path: ["init_from"] }];
      }
      return [
        ...needs,
        ...Object.entries(from).map(([key, name]) => ({
          name,
          path: ["init_from", key],
        })),
      ];
    }
    case "evaluate":
      return [...needs, { name: step.options.of, path: ["of"] }];
    case "compare":
      return [
        ...needs,
        ...step.options.arms.map((name, index) => ({
          name,
          path: ["arms", index],
        })),
      ];
    case "generate":
      return step.options.from === null
        ? needs
        : [...needs, { name: step.options.from, path: ["from"] }];
    case "script":
      return needs;
    default:
      return step satisfies never;
  }
}

function checkReference(
  draft: StepDraft,
  reference: Reference,
  known: ReadonlySet<string>,
  report: Report,
): void {
  if (known.has(reference.name)) return;
  const key = String(reference.path[0]);
  const place = locate(draft.merged, reference.path)?.place ?? placeIn(draft);
  report.error(
    place,
    `Cannot read ${draft.where}: "${key}" names the step "${reference.name}", which is not in this file${
      didYouMean(reference.name, known)
    }`,
    known.size > 1 && known.size <= MOST_NAMED
      ? `Steps here are ${
        [...known].filter((name) => name !== draft.name).join(", ")
      }`
      : undefined,
  );
}
