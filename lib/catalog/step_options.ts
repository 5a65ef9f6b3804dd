// What a step may say, by task. Train steps take FluxFlow's keys; the other tasks and the shared keys are ours.
import * as v from "valibot";
import { COMPONENT_ALIASES, COMPONENTS } from "./component.ts";
import {
  closedMap,
  finiteNumber,
  nullable,
  option,
  section,
  someText,
  type ValueSchema,
  wholeNumber,
} from "./option.ts";
import { OPTIMIZER_OPTIONS } from "./optimizer_options.ts";
import { CHECKPOINT_OPTIONS } from "./output_section.ts";
import { SCHEDULER_OPTIONS } from "./scheduler_options.ts";

/** The five tasks, as in `task:`. */
export const TASKS = [
  "train",
  "evaluate",
  "compare",
  "generate",
  "script",
] as const;
/** A kind of step. */
export type Task = typeof TASKS[number];

/** Networks that can have an optimizer; `vae` is compressor and expander together. */
export const OPTIMIZER_NAMES = [
  "vae",
  "flow",
  "text_encoder",
  "discriminator",
] as const;
/** A network with an optimizer of its own. */
export type OptimizerName = typeof OPTIMIZER_NAMES[number];

/** Measures of a picture against its original. */
export const PICTURE_METRICS = ["recon_l1", "psnr", "ssim"] as const;
/** A measure of a picture against its original. */
export type PictureMetric = typeof PICTURE_METRICS[number];

const names = v.array(someText());
const componentList = option(
  v.array(
    v.picklist([...COMPONENTS, ...Object.keys(COMPONENT_ALIASES)]),
  ) as ValueSchema<string[]>,
  [],
  "Components by name",
);
const weights = option(
  v.picklist(["ema", "raw"]),
  "ema",
  "ema: averaged weights where the step has them; raw: the last ones",
);
const crossing = option(
  v.picklist(["carry", "reset"]),
  "reset",
  "carry: go on from the step before; reset: start anew",
);
const A_DURATION =
  "seconds as a number above 0, or a text such as 90s, 30m, 2h or 1d";
const seconds = v.union(
  [
    finiteNumber({ above: 0 }),
    v.pipe(
      v.string(),
      v.regex(/^(?=.*[1-9])\d+(\.\d+)?\s*(s|m|h|d)$/, A_DURATION),
    ),
  ],
  A_DURATION,
);

const PERMISSIONS = closedMap({
  read: option(names, [], "Files and folders"),
  write: option(names, [], "Files and folders"),
  net: option(names, [], "Hosts, with or without a port"),
  env: option(names, [], "Names of environment variables"),
});

const RETRY = closedMap({
  attempts: option(wholeNumber({ min: 1 }), 1, "Attempts in all"),
  backoff_seconds: option(
    finiteNumber({ min: 0 }),
    10,
    "Pause before the second attempt; doubles each time",
  ),
});

const TRANSITION = closedMap({
  mode: option(
    v.picklist(["epoch", "loss_threshold"]),
    "epoch",
    "epoch: after n_epochs; loss_threshold: when a metric is good enough",
  ),
  value: nullable(wholeNumber(), "FluxFlow reads it and does nothing with it"),
  metric: nullable(someText(), "Metric to watch"),
  threshold: nullable(finiteNumber(), "Value to reach"),
  max_epochs: nullable(
    wholeNumber({ min: 1 }),
    "Epochs after which the step ends anyway",
  ),
  window: option(wholeNumber({ min: 1 }), 20, "Values whose mean is compared"),
  direction: nullable(
    v.picklist(["below", "above"]),
    "Side of the threshold to reach; null: the metric's better side",
  ),
});

/** Keys of every step. */
export const SHARED_KEYS = {
  name: v.pipe(v.string(), v.description("Unique, safe as a file name")),
  description: option(v.string(), "", "Shown in plans and progress"),
  task: option(v.picklist(TASKS), "train", "What the step does"),
  needs: nullable(
    names,
    "Steps it waits for; default: the one before; [] for none",
  ),
  permissions: section(PERMISSIONS),
  retry: section(RETRY),
  timeout: nullable(seconds, "Longest time, in seconds or as 90s, 30m, 2h, 1d"),
};

/** Schema of a train step's keys. */
export const TRAIN_STEP = closedMap({
  ...SHARED_KEYS,
  n_epochs: v.pipe(
    wholeNumber({ min: 1 }),
    v.description("Passes over the data"),
  ),
  max_steps: nullable(
    wholeNumber({ min: 1 }),
    "At most this many batches per epoch",
  ),
  train_vae: option(
    v.boolean(),
    false,
    "Train compressor and expander to reconstruct",
  ),
  gan_training: option(v.boolean(), false, "Train against a discriminator"),
  use_lpips: option(v.boolean(), false, "Add a perceptual loss"),
  train_spade: option(
    v.boolean(),
    false,
    "Drive the expander with its SPADE context",
  ),
  train_diff: option(v.boolean(), false, "Train the flow processor"),
  train_diff_full: option(v.boolean(), false, "The same as train_diff"),
  use_ema: option(v.boolean(), true, "Average the weights that are trained"),
  ema_decay: option(
    finiteNumber({ min: 0, below: 1 }),
    0.999,
    "Share of the average that is kept per update",
  ),
  freeze: componentList,
  unfreeze: componentList,
  dataset: nullable(
    someText(),
    "Named dataset; default: default_dataset, then the data section",
  ),
  eval_dataset: nullable(
    someText(),
    "Held-out dataset that is measured while training",
  ),
  eval_interval_epochs: option(
    wholeNumber({ min: 1 }),
    1,
    "Epochs between two measurements",
  ),
  batch_size: option(wholeNumber({ min: 1 }), 2, "Pictures per update"),
  workers: option(wholeNumber({ min: 0 }), 1, "Batches to prepare ahead"),
  lr: nullable(finiteNumber({ above: 0 }), "Rate of optimizers that name none"),
  lr_min: option(
    finiteNumber({ min: 0, max: 1 }),
    0.1,
    "Floor, as a share, of cosine schedulers that name none",
  ),
  use_fp16: option(v.boolean(), false, "Mixed precision"),
  initial_clipping_norm: option(
    finiteNumber({ above: 0 }),
    1,
    "Largest norm of all gradients of one optimizer",
  ),
  cfg_dropout_prob: option(
    finiteNumber({ min: 0, max: 1 }),
    0,
    "Share of captions that are left out, for guidance",
  ),
  kl_beta: option(
    finiteNumber({ min: 0 }),
    1e-4,
    "Weight of the KL term after its warm-up",
  ),
  kl_warmup_steps: option(
    wholeNumber({ min: 0 }),
    5000,
    "Updates over which that weight rises",
  ),
  kl_free_bits: option(
    finiteNumber({ min: 0 }),
    0,
    "Floor of each element of the KL term",
  ),
  mse_weight: option(
    finiteNumber({ min: 0 }),
    0.1,
    "Weight of the squared error",
  ),
  lambda_adv: option(
    finiteNumber({ min: 0 }),
    0.5,
    "Weight of the adversarial loss",
  ),
  lambda_lpips: option(
    finiteNumber({ min: 0 }),
    0.1,
    "Weight of the perceptual loss",
  ),
  r1_interval: option(
    wholeNumber({ min: 1 }),
    16,
    "Updates between two gradient penalties",
  ),
  r1_gamma: option(
    finiteNumber({ min: 0 }),
    5,
    "Weight of the gradient penalty",
  ),
  instance_noise_std: option(
    finiteNumber({ min: 0 }),
    0.01,
    "Noise on the discriminator's pictures",
  ),
  instance_noise_decay: option(
    finiteNumber({ min: 0, max: 1 }),
    0.9999,
    "Decay of that noise per update",
  ),
  adaptive_weights: option(
    v.boolean(),
    false,
    "Balance the losses by their averages",
  ),
  init_from: nullable(
    v.union(
      [someText(), v.record(v.string(), someText())],
      "a step name or a map of component to step name",
    ),
    "Step, or map of component to step, whose weights it starts from; {} starts anew",
  ),
  carry: section(closedMap({
    weights: option(
      v.literal("carry"),
      "carry",
      "Weights always cross; init_from: {} starts anew",
    ),
    optimizer: crossing,
    ema: crossing,
  })),
  optimization: section(closedMap({
    optimizers: section(v.record(v.string(), OPTIMIZER_OPTIONS)),
    schedulers: section(v.record(v.string(), SCHEDULER_OPTIONS)),
  })),
  transition_on: section(TRANSITION),
  checkpoint: section(CHECKPOINT_OPTIONS),
});

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
    "Step whose weights are used; default: the needed one that has some",
  ),
  prompts: v.pipe(names, v.nonEmpty(), v.description("Captions to draw")),
  size: nullable(
    wholeNumber({ min: 1 }),
    "Side of the pictures; null: that of the training data",
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
  per_prompt: option(wholeNumber({ min: 1 }), 1, "Pictures per caption"),
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
