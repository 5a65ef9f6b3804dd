// Whose weights a step starts from, component by component.
import {
  type Component,
  componentOf,
  COMPONENTS,
} from "../catalog/component.ts";
import type {
  Step,
  WeightFilesEntry,
  WeightSources,
} from "../catalog/pipeline.ts";
import { didYouMean } from "../source/suggestion.ts";
import { keyPlaceOf } from "../source/located_tree.ts";
import type { Report } from "./report.ts";
import { placeIn, type StepDraft } from "./step_drafts.ts";

/** Steps that are resolved already; needed steps always are, unless they were refused. */
export interface ResolvedSteps {
  readonly steps: ReadonlyMap<string, Step>;
  /** Per train step what its weights are: each component with the step that last trained it. */
  readonly lineage: ReadonlyMap<string, WeightSources>;
  readonly report: Report;
}

/** What a train step leaves behind: what it trained or took from files, and what it passes on from `init`. */
export function lineageAfter(
  name: string,
  held: readonly Component[],
  init: WeightSources,
): WeightSources {
  return {
    ...init,
    ...Object.fromEntries(held.map((component) => [component, name])),
  };
}

/**
 * The components of a step that start from the files of `model_checkpoint`: those that no step before it has trained. An
 * `init_from` that is written as a map is exact: what it leaves out starts anew.
 */
export function componentsFromFiles(
  components: readonly Component[],
  { written, init, files }: {
    readonly written: string | Readonly<Record<string, string>> | null;
    readonly init: WeightSources;
    readonly files: WeightFilesEntry | undefined;
  },
): Component[] {
  if (
    files === undefined || (written !== null && typeof written === "object")
  ) {
    return [];
  }
  const held = files.files.flatMap((file) => file.components);
  return components.filter((component) =>
    init[component] === undefined && held.includes(component)
  );
}

/** Whether the expander of these weights was trained with its SPADE context. */
export function spadeOf(
  sources: WeightSources,
  { steps }: ResolvedSteps,
): boolean {
  const trainer = steps.get(sources.expander ?? "");
  if (trainer?.task !== "train") return false;
  // One that a step only took over from a file is driven as that step drives it.
  return trainer.trains.includes("expander")
    ? trainer.train_spade
    : trainer.decode_spade;
}

/**
 * The nearest steps with weights that `names` stand for: train steps themselves, and those that a step without weights
 * (evaluate, compare, generate, script) waits for. A step that another of them already continues from does not count.
 */
export function trainStepsBehind(
  names: readonly string[],
  { steps }: ResolvedSteps,
): string[] {
  const found = walkUp(names, steps, isTraining).filter(isTraining);
  if (found.length < 2) return found.map(({ name }) => name);
  const passed = new Set(
    walkUp(found.flatMap(({ needs }) => needs), steps, isNever),
  );
  return found.filter((step) => !passed.has(step)).toSorted((a, b) =>
    a.index - b.index
  ).map(({ name }) => name);
}

/** The steps called `names` and those that they wait for, not going beyond steps that end the way. */
function walkUp(
  names: readonly string[],
  steps: ReadonlyMap<string, Step>,
  endsWay: (step: Step) => boolean,
): Step[] {
  const seen = new Set<Step>();
  const open = [...names];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const step = steps.get(name);
    if (step === undefined || seen.has(step)) continue;
    seen.add(step);
    if (!endsWay(step)) open.push(...step.needs);
  }
  return [...seen];
}

function isTraining(step: Step): boolean {
  return step.task === "train";
}

function isNever(): boolean {
  return false;
}

/** Where a train step's weights come from; `written` is its `init_from`, null where it has none. */
export function resolveInitFrom(
  draft: StepDraft,
  written: string | Readonly<Record<string, string>> | null,
  needs: readonly string[],
  context: ResolvedSteps,
): WeightSources {
  if (typeof written === "string") {
    return namedWeights(draft, ["init_from"], written, context);
  }
  if (written !== null) return mappedWeights(draft, written, context);
  const candidates = trainStepsBehind(needs, context);
  if (candidates.length > 1) {
    const list = candidates.map((name) => `"${name}"`).join(" and ");
    context.report.error(
      placeIn(draft),
      `Cannot read ${draft.where}: it waits for ${list}, and does not say whose weights it starts from`,
      `Write "init_from" with one of them, or "init_from: {}" to start anew`,
    );
  }
  return candidates.length === 1
    ? context.lineage.get(candidates[0]!) ?? {}
    : {};
}

/** The weights of the train step that `draft` names at `path`; reported where that step has none. */
export function namedWeights(
  draft: StepDraft,
  path: readonly (string | number)[],
  name: string,
  { steps, lineage, report }: ResolvedSteps,
): WeightSources {
  const step = steps.get(name);
  if (step === undefined) return {}; // unknown, or refused itself: told there
  if (step.task === "train") return lineage.get(name) ?? {};
  report.error(
    placeIn(draft, ...path),
    `Cannot read ${draft.where}: "${
      path[0]
    }" names "${name}", a step of task "${step.task}", which has no weights`,
    "Name a step that trains",
  );
  return {};
}

function mappedWeights(
  draft: StepDraft,
  written: Readonly<Record<string, string>>,
  context: ResolvedSteps,
): WeightSources {
  const sources: Partial<Record<Component, string>> = {};
  for (const [key, name] of Object.entries(written)) {
    const component = componentOf(key);
    if (component === undefined) {
      context.report.error(
        keyPlaceOf(draft.merged, ["init_from", key]),
        `Cannot read ${draft.where}: "init_from" names the component "${key}", which does not exist${
          didYouMean(key, COMPONENTS)
        }`,
        `Components are ${COMPONENTS.join(", ")}`,
      );
      continue;
    }
    const weights = namedWeights(draft, ["init_from", key], name, context);
    const holder = weights[component];
    if (holder !== undefined) sources[component] = holder;
    else if (context.steps.get(name)?.task === "train") {
      context.report.error(
        placeIn(draft, "init_from", key),
        `Cannot read ${draft.where}: "init_from" takes "${key}" from "${name}", which never trained it`,
        `Name a step that trains it, or leave "${key}" out to start it anew`,
      );
    }
  }
  return sources;
}
