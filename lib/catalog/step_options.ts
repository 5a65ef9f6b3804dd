// What a step may say, by task.
import * as v from "valibot";
import {
  closedMap,
  finiteNumber,
  nullable,
  option,
  someText,
  wholeNumber,
} from "./option.ts";
import { PICTURE_SIZE } from "./picture_size.ts";
import { SHARED_KEYS } from "./shared_step_keys.ts";
import { TRAIN_STEP } from "./train_step_options.ts";

export { SHARED_KEYS, type Task, TASKS } from "./shared_step_keys.ts";
export {
  OPTIMIZER_NAMES,
  type OptimizerName,
  TRAIN_STEP,
} from "./train_step_options.ts";

/** Measures of a picture against its original. */
export const PICTURE_METRICS = ["recon_l1", "psnr", "ssim"] as const;
/** A measure of a picture against its original. */
export type PictureMetric = typeof PICTURE_METRICS[number];

const names = v.array(someText());
const weights = option(
  v.picklist(["ema", "raw"]),
  "ema",
  "ema: averaged weights where the step has them; raw: the last ones",
);

/** Schema of an evaluate step's keys. */
export const EVALUATE_STEP = closedMap({
  ...SHARED_KEYS,
  of: v.pipe(someText(), v.description("Step whose weights are measured")),
  dataset: nullable(
    someText(),
    "Named dataset; default: default_dataset, then the data section",
  ),
  weights,
  spade: nullable(
    v.boolean(),
    "Drive the expander with its context; null: as the weights were trained",
  ),
  limit: nullable(wholeNumber({ min: 1 }), "At most this many pictures"),
  metrics: option(v.pipe(v.array(v.picklist(PICTURE_METRICS)), v.nonEmpty()), [
    ...PICTURE_METRICS,
  ], "What to measure"),
});

/** Schema of a compare step's keys. */
export const COMPARE_STEP = closedMap({
  ...SHARED_KEYS,
  arms: v.pipe(
    v.strictTuple([someText(), someText()], "a list of two step names"),
    v.description("Two steps: the treatment, then the control"),
  ),
  dataset: nullable(
    someText(),
    "Held-out dataset; default: default_dataset, then the data section",
  ),
  baseline_dataset: nullable(
    someText(),
    "Dataset whose mean picture is the baseline",
  ),
  metric: option(
    v.picklist(PICTURE_METRICS),
    "recon_l1",
    "What the verdict is about",
  ),
  weights,
  bootstrap_samples: option(
    wholeNumber({ min: 100 }),
    10_000,
    "Resamplings behind the interval",
  ),
  pictures: option(wholeNumber({ min: 0 }), 16, "Pictures in the grid"),
  limit: nullable(wholeNumber({ min: 1 }), "At most this many pictures"),
});

/** Schema of a generate step's keys. */
export const GENERATE_STEP = closedMap({
  ...SHARED_KEYS,
  from: nullable(
    someText(),
    "Step whose weights are used; default: the needed one that has some, else the files of model_checkpoint",
  ),
  prompts: v.pipe(names, v.nonEmpty(), v.description("Captions to draw")),
  frames: v.optional(
    v.pipe(
      wholeNumber({ min: 2 }),
      v.description(
        "Pictures from the first of two prompts to the second, by linear interpolation of their vectors, all from one noise",
      ),
    ),
  ),
  size: nullable(
    PICTURE_SIZE,
    "Side, or width and height, of the pictures; null: those of the training data",
  ),
  steps: option(wholeNumber({ min: 1, max: 1000 }), 20, "Steps of the sampler"),
  guidance_scale: option(
    finiteNumber({ min: 0 }),
    1,
    "Pull towards the caption; 1 means none beyond the model's own",
  ),
  negative_prompt: option(v.string(), "", "Caption to pull away from"),
  sampler: option(v.picklist(["dpm++", "euler"]), "dpm++", "Solver"),
  weights,
  per_prompt: option(
    wholeNumber({ min: 1 }),
    1,
    "Pictures per caption, each from a noise of its own",
  ),
});

/** Schema of a script step's keys. */
export const SCRIPT_STEP = closedMap({
  ...SHARED_KEYS,
  uses: v.pipe(
    someText(),
    v.description(
      "TypeScript module that exports `task`, relative to the pipeline file",
    ),
  ),
  with: v.optional(
    v.pipe(
      v.record(v.string(), v.any()),
      v.description("Options of that module"),
    ),
    {},
  ),
});

/** The schema of each task's step. */
export const STEP_SCHEMAS = {
  train: TRAIN_STEP,
  evaluate: EVALUATE_STEP,
  compare: COMPARE_STEP,
  generate: GENERATE_STEP,
  script: SCRIPT_STEP,
} as const;
