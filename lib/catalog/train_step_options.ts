// What a train step may say: FluxFlow's keys, and ours for held-out data, starting weights and checkpoints.
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
import { SHARED_KEYS } from "./shared_step_keys.ts";

/** Networks that can have an optimizer; `vae` is compressor and expander together. */
export const OPTIMIZER_NAMES = [
  "vae",
  "flow",
  "text_encoder",
  "discriminator",
] as const;
/** A network with an optimizer of its own. */
export type OptimizerName = typeof OPTIMIZER_NAMES[number];

const componentList = option(
  v.array(
    v.picklist([...COMPONENTS, ...Object.keys(COMPONENT_ALIASES)]),
  ) as ValueSchema<string[]>,
  [],
  "Components by name",
);
const crossing = option(
  v.picklist(["carry", "reset"]),
  "reset",
  "carry: go on from the step before; reset: start anew",
);

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
  use_lpips: option(
    v.boolean(),
    false,
    "Add a perceptual loss, LPIPS; wants lpips_weights",
  ),
  lpips_weights: nullable(
    someText(),
    "Safetensors file of VGG16's features and LPIPS's heads; docs/lpips.md tells how to make it",
  ),
  train_spade: option(
    v.boolean(),
    false,
    "Drive the expander with its SPADE context; alone it trains SPADE's weights and nothing else",
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
  workers: option(
    wholeNumber({ min: 0 }),
    1,
    "Threads that decode pictures, and how many batches are ready beyond the next one; 0 decodes where it trains, when a batch is wanted",
  ),
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
  gradient_accumulation_steps: option(
    wholeNumber({ min: 1 }),
    1,
    "Batches whose mean gradient makes one update; an epoch's last update takes those that are left",
  ),
  skip_limit: option(
    wholeNumber({ min: 1 }),
    3,
    "Batches in a row that are left out, because a number was not finite, until the step fails",
  ),
  timestep_sampling: nullable(
    v.picklist(["uniform", "cosine", "logit_normal"]),
    "How often each time of the diffusion is trained; cosine is FluxFlow's; null: uniform, under variant fluxflow cosine",
  ),
  flow_loss_type: option(
    v.picklist(["mse", "smooth_l1"]),
    "mse",
    "Distance of the predicted velocity from its target",
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
