// Steps as written: flat `training` keys, `defaults` and the step's own keys laid over each other and checked against the task's schema.
import type * as v from "valibot";
import {
  type AutomaticOptimizers,
  PIPELINE_OPTIMIZERS,
} from "../catalog/automatic_optimizers.ts";
import {
  DEFAULTS_KEYS,
  LEGACY_STEP,
  TRAINING_ONLY,
} from "../catalog/pipeline_file.ts";
import {
  type COMPARE_STEP,
  type EVALUATE_STEP,
  type GENERATE_STEP,
  type SCRIPT_STEP,
  SHARED_KEYS,
  STEP_SCHEMAS,
  type Task,
  TASKS,
  TRAIN_STEP,
} from "../catalog/step_options.ts";
import {
  emptyMap,
  exactValue,
  isNull,
  locate,
  type Located,
  type LocatedMap,
  mergeMaps,
  type PathItem,
  type Place,
} from "../source/located_tree.ts";
import { didYouMean } from "../source/suggestion.ts";
import { checkOptions } from "./check_options.ts";
import { foundText } from "./issue_message.ts";
import type { Report } from "./report.ts";

/** Options of a step whose keys are all right. */
export type StepOptions =
  | {
    readonly task: "train";
    readonly options: v.InferOutput<typeof TRAIN_STEP>;
  }
  | {
    readonly task: "evaluate";
    readonly options: v.InferOutput<typeof EVALUATE_STEP>;
  }
  | {
    readonly task: "compare";
    readonly options: v.InferOutput<typeof COMPARE_STEP>;
  }
  | {
    readonly task: "generate";
    readonly options: v.InferOutput<typeof GENERATE_STEP>;
  }
  | {
    readonly task: "script";
    readonly options: v.InferOutput<typeof SCRIPT_STEP>;
  };

/** A step on its way to being resolved. */
export interface StepDraft {
  readonly index: number;
  /** Empty where none can be read. */
  readonly name: string;
  /** How errors call it. */
  readonly where: string;
  /** What the step itself says. */
  readonly own: LocatedMap;
  /** What it says over what it inherits. */
  readonly merged: LocatedMap;
  /** Undefined where its keys were refused. */
  readonly checked: StepOptions | undefined;
  /** What trains the networks that it writes no optimizer for. */
  readonly automatic: AutomaticOptimizers;
}

/** What steps inherit. */
export interface StepLayers {
  readonly defaults: LocatedMap;
  /** The flat keys of `training` that hold for every train step. */
  readonly flat: LocatedMap;
}

/** Flat keys that say what a legacy run does; beside `pipeline` the steps say it. */
const PHASE_KEYS = [
  "n_epochs",
  "train_vae",
  "gan_training",
  "use_lpips",
  "train_spade",
  "train_diff",
  "train_diff_full",
];

/** The drafts of `training.pipeline.steps`. */
export function draftSteps(
  steps: Located | undefined,
  layers: StepLayers,
  report: Report,
): StepDraft[] {
  if (steps?.kind !== "list") return [];
  const inheritedBy = inheritance(layers);
  return steps.items.flatMap((item, index) => {
    if (item.kind === "map") {
      return [draftStep(item, index, { ...layers, inheritedBy }, report)];
    }
    report.error(
      item.place,
      `Cannot read step ${index + 1}: it must be a map, found ${
        foundText(exactValue(item))
      }`,
    );
    return [];
  });
}

/** The one draft of a legacy file: the flat keys of `training` over `below`. */
export function draftLegacyStep(
  training: LocatedMap,
  { below, automatic }: {
    readonly below: LocatedMap;
    readonly automatic: AutomaticOptimizers;
  },
  report: Report,
): StepDraft {
  const own: LocatedMap = {
    ...training,
    entries: new Map(
      [...training.entries].filter(([key]) => !(key in TRAINING_ONLY)),
    ),
  };
  const merged = mergeMaps(below, own);
  const options = checkOptions(
    LEGACY_STEP,
    { tree: merged, where: '"training"' },
    report,
  );
  const checked = options === undefined
    ? undefined
    : { task: "train", options } as const;
  return {
    index: 0,
    name: options?.name ?? "train",
    where: '"training"',
    own,
    merged,
    checked,
    automatic,
  };
}

/** The flat keys that steps inherit. Keys that only a legacy file can use are reported. */
export function inheritedFlatKeys(
  training: LocatedMap,
  report: Report,
): LocatedMap {
  const entries = new Map(
    [...training.entries].filter(([key]) => !(key in TRAINING_ONLY)),
  );
  const stepKeys = Object.keys(TRAIN_STEP.entries).filter((key) =>
    !(key in SHARED_KEYS)
  );
  for (const [key, { key: place, value }] of entries) {
    if (!stepKeys.includes(key)) {
      const known = [...stepKeys, ...Object.keys(TRAINING_ONLY)];
      report.error(
        place,
        `Cannot read "training": unknown key "${key}"${didYouMean(key, known)}`,
      );
    } else if (
      PHASE_KEYS.includes(key) && !isNull(value) &&
      !(value.kind === "scalar" && value.value === false)
    ) {
      report.warning(
        place,
        `"training.${key}" has no effect beside "training.pipeline"`,
        `Write "${key}" in the steps or in "training.pipeline.defaults"`,
      );
    }
    if (!stepKeys.includes(key) || PHASE_KEYS.includes(key)) {
      entries.delete(key);
    }
  }
  return { ...training, entries };
}

/** Reports keys of `defaults` that no task has. */
export function checkDefaultsKeys(defaults: LocatedMap, report: Report): void {
  for (const [key, { key: place }] of defaults.entries) {
    if (DEFAULTS_KEYS.includes(key)) continue;
    report.error(
      place,
      `Cannot read "defaults": unknown key "${key}"${
        didYouMean(key, DEFAULTS_KEYS)
      }`,
    );
  }
}

function draftStep(
  own: LocatedMap,
  index: number,
  layers: StepLayers & { readonly inheritedBy: (task: Task) => LocatedMap },
  report: Report,
): StepDraft {
  const written = locate(own, ["name"]) ?? locate(layers.defaults, ["name"]);
  const name = written?.kind === "scalar" && typeof written.value === "string"
    ? written.value
    : "";
  const where = name === "" ? `step ${index + 1}` : `step "${name}"`;
  const task = taskOf(own, layers, where, report);
  const automatic = PIPELINE_OPTIMIZERS;
  if (task === undefined) {
    const refused = { merged: own, checked: undefined };
    return { index, name, where, own, ...refused, automatic };
  }
  const merged = mergeMaps(layers.inheritedBy(task), own);
  const part = {
    tree: merged,
    where: whereFor(where, own, layers),
    exactKeys: ["with"],
  };
  const options = checkOptions<v.GenericSchema>(
    STEP_SCHEMAS[task],
    part,
    report,
  );
  // The schema is the one of this task, which the compiler cannot follow through the table.
  const checked = options === undefined
    ? undefined
    : { task, options } as StepOptions;
  return { index, name, where, own, merged, checked, automatic };
}

/** What steps of a task inherit: the same for all of them. */
function inheritance(
  { flat, defaults }: StepLayers,
): (task: Task) => LocatedMap {
  const found = new Map<Task, LocatedMap>();
  return (task) => {
    const before = found.get(task);
    if (before !== undefined) return before;
    const inherited = mergeMaps(
      task === "train" ? flat : emptyMap(flat),
      keysOf(defaults, Object.keys(STEP_SCHEMAS[task].entries)),
    );
    found.set(task, inherited);
    return inherited;
  };
}

function taskOf(
  own: LocatedMap,
  layers: StepLayers,
  where: string,
  report: Report,
): Task | undefined {
  const written = locate(own, ["task"]) ?? locate(layers.defaults, ["task"]);
  if (written === undefined || isNull(written)) return "train";
  const value = exactValue(written);
  const task = TASKS.find((known) => known === value);
  if (task !== undefined) return task;
  const guess = typeof value === "string" ? didYouMean(value, TASKS) : "";
  report.error(
    written.place,
    `Cannot read ${where}: "task" must be one of ${
      TASKS.map((known) => `"${known}"`).join(", ")
    }, found ${foundText(value)}${guess}`,
  );
  return undefined;
}

/** Inherited values are blamed on where they stand, so that one mistake in `defaults` is told once. */
function whereFor(
  where: string,
  own: LocatedMap,
  layers: StepLayers,
): (path: readonly PathItem[]) => string {
  return (path) => {
    if (locate(own, path) !== undefined) return where;
    if (locate(layers.defaults, path) !== undefined) return '"defaults"';
    return locate(layers.flat, path) !== undefined ? '"training"' : where;
  };
}

function keysOf(map: LocatedMap, keys: readonly string[]): LocatedMap {
  return {
    ...map,
    entries: new Map([...map.entries].filter(([key]) => keys.includes(key))),
  };
}

/** Where a key of a draft is written, or the step itself where it is not. */
export function placeIn(draft: StepDraft, ...path: PathItem[]): Place {
  return (path.length > 0 ? locate(draft.merged, path)?.place : undefined) ??
    locate(draft.own, ["name"])?.place ?? draft.own.place;
}
