// The layout of a whole pipeline file: FluxFlow's sections and ours.
import * as v from "valibot";
import { DATA_SECTION, DATASET_ENTRY } from "./data_section.ts";
import { MODEL_SECTION } from "./model_section.ts";
import { EXECUTOR_SECTION } from "./executor_options.ts";
import { HOOK } from "./hook_options.ts";
import { HIGHEST_SEED, MATRIX_AXIS, MATRIX_SECTION } from "./matrix_options.ts";
import {
  closedMap,
  nullable,
  option,
  someText,
  wholeNumber,
} from "./option.ts";
import { CHECKPOINT_OPTIONS, OUTPUT_SECTION } from "./output_section.ts";
import { OWN_SCHEDULE } from "./schedule_options.ts";
import {
  COMPARE_STEP,
  EVALUATE_STEP,
  GENERATE_STEP,
  SCRIPT_STEP,
  type Task,
  TRAIN_STEP,
} from "./step_options.ts";

const anything = v.optional(v.any());

/** The keys at the top of a file; the sections themselves are checked one by one. */
export const TOP_LEVEL = closedMap({
  name: nullable(someText(), "Name of the run; default: the file name"),
  seed: option(
    wholeNumber({ min: 0, max: HIGHEST_SEED }),
    0,
    "Seed of every random number",
  ),
  model: anything,
  data: anything,
  training: anything,
  optimization: anything,
  output: anything,
  checkpoint: anything,
  model_checkpoint: nullable(
    someText(),
    "Weights to start from: a safetensors file with FluxFlow's names, or a folder that holds FluxFlow's files",
  ),
  model_checkpoint_strict: option(
    v.boolean(),
    true,
    "false: names that model_checkpoint lacks start anew and unexpected ones are passed over, each told; shapes must fit either way",
  ),
  matrix: anything,
  schedule: anything,
  executor: anything,
  on_success: anything,
  on_failure: anything,
});

/** Keys of `training` that no step has. */
export const TRAINING_ONLY = {
  pipeline: anything,
  preserve_lr: option(
    v.boolean(),
    false,
    "Accepted; a continued run always keeps its rates",
  ),
  training_steps: option(wholeNumber({ min: 1 }), 1, "Repeats of each batch"),
} as const;

/** Schema of the `optimization` section. */
export const OPTIMIZATION_SECTION = closedMap({
  optim_sched_config: nullable(
    someText(),
    "FluxFlow's JSON file of optimizers and schedulers by network: below what `training` says",
  ),
});

/** Schema of `training.pipeline`, its datasets and steps aside. */
export const PIPELINE_SECTION = closedMap({
  mode: nullable(
    v.literal("sequential"),
    "FluxFlow writes it; the order of steps is theirs and that of `needs`",
  ),
  defaults: anything,
  datasets: anything,
  default_dataset: nullable(someText(), "Dataset of steps that name none"),
  steps: anything,
});

/** The one step of a file without `training.pipeline`: a train step made from the flat keys of `training`. */
export const LEGACY_STEP = closedMap({
  ...TRAIN_STEP.entries,
  name: option(v.string(), "train", "Name of the only step"),
  n_epochs: option(wholeNumber({ min: 1 }), 1, "Passes over the data"),
});

/** Every key that `defaults` may hold: those of any task. */
export const DEFAULTS_KEYS: readonly string[] = [
  ...new Set(
    [TRAIN_STEP, EVALUATE_STEP, COMPARE_STEP, GENERATE_STEP, SCRIPT_STEP]
      .flatMap((step) => Object.keys(step.entries)),
  ),
];

const flatKeys =
  v.partial(v.omit(TRAIN_STEP, ["name", "task", "needs"])).entries;

function hook(about: string): v.GenericSchema {
  return v.optional(v.pipe(v.nullable(HOOK), v.description(about)));
}

/** The whole file in one schema, for editors; loading checks the parts, so that defaults are merged first. */
export const PIPELINE_FILE = closedMap({
  ...TOP_LEVEL.entries,
  model: v.optional(v.nullable(MODEL_SECTION)),
  data: v.optional(v.nullable(DATA_SECTION)),
  output: v.optional(v.nullable(OUTPUT_SECTION)),
  checkpoint: v.optional(v.nullable(CHECKPOINT_OPTIONS)),
  optimization: v.optional(v.nullable(OPTIMIZATION_SECTION)),
  schedule: v.optional(
    v.nullable(v.union([OWN_SCHEDULE, v.array(OWN_SCHEDULE)])),
  ),
  executor: v.optional(v.nullable(EXECUTOR_SECTION)),
  on_success: hook("What runs when a run has done its work"),
  on_failure: hook("What runs when a run has failed"),
  matrix: v.optional(v.nullable(closedMap({
    ...MATRIX_SECTION.entries,
    axes: v.optional(
      v.record(v.string(), v.union([v.array(v.any()), MATRIX_AXIS])),
    ),
  }))),
  training: closedMap({
    ...flatKeys,
    ...TRAINING_ONLY,
    pipeline: v.optional(closedMap({
      ...PIPELINE_SECTION.entries,
      defaults: v.optional(v.nullable(v.object(v.partial(TRAIN_STEP).entries))),
      datasets: v.optional(v.nullable(v.record(v.string(), DATASET_ENTRY))),
      steps: v.array(v.union([
        // Every key may come from `defaults`, so an editor must not ask for it in each step.
        v.partial(TRAIN_STEP),
        taskStep("evaluate", v.partial(EVALUATE_STEP)),
        taskStep("compare", v.partial(COMPARE_STEP)),
        taskStep("generate", v.partial(GENERATE_STEP)),
        taskStep("script", v.partial(SCRIPT_STEP)),
      ])),
    })),
  }),
});

function taskStep<E extends v.ObjectEntries>(
  task: Task,
  schema: v.StrictObjectSchema<E, undefined>,
): v.GenericSchema {
  return v.strictObject({ ...schema.entries, task: v.literal(task) });
}
