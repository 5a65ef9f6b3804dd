// PC1 to PC12: how FluxFlow's tests expect a pipeline's values to be read, asked of ours.
import assert from "node:assert/strict";
import { loadedFrom } from "../config/refusals.ts";
import { onlyStep, stepsOf, textOf, VAE, WATCHED } from "./written_pipeline.ts";

Deno.test("PC1: an epoch transition has neither metric nor threshold", async () => {
  const step = await onlyStep({ transition_on: { mode: "epoch" } });
  assert.deepEqual(step.transition_on, { mode: "epoch" });
});

Deno.test("PC2: a loss transition keeps its metric, 0.015 and 50", async () => {
  const { transition_on } = await onlyStep({
    n_epochs: 50,
    transition_on: WATCHED,
  });
  assert.deepEqual(transition_on, {
    ...WATCHED,
    window: 20,
    direction: "below",
  });
});

Deno.test("PC3: an optimizer without words is AdamW at 1e-5 without weight decay", async () => {
  const { optimization } = await onlyStep({
    optimization: { optimizers: { vae: {} } },
  });
  const { type, lr, weight_decay } = optimization.optimizers.vae!;
  assert.deepEqual([type, lr, weight_decay], ["AdamW", 1e-5, 0]);
});

Deno.test("PC4: Lion keeps its values, the betas as a pair", async () => {
  const lion = {
    type: "Lion",
    lr: 1e-6,
    betas: [0.95, 0.98],
    weight_decay: 0.02,
    decoupled_weight_decay: false,
  };
  const { optimization } = await onlyStep({
    optimization: { optimizers: { vae: lion } },
  });
  assert.deepEqual(optimization.optimizers.vae, lion);
});

Deno.test("PC5: a scheduler without words is a cosine down to a tenth", async () => {
  const { optimization } = await onlyStep({
    optimization: { schedulers: { vae: {} } },
  });
  assert.deepEqual(optimization.schedulers.vae, {
    type: "CosineAnnealingLR",
    eta_min_factor: 0.1,
    warmup_steps: 0,
  });
});

Deno.test("PC6: StepLR keeps 10000 and 0.5", async () => {
  const scheduler = { type: "StepLR", step_size: 10000, gamma: 0.5 };
  const { optimization } = await onlyStep({
    optimization: { schedulers: { vae: scheduler } },
  });
  assert.deepEqual(optimization.schedulers.vae, {
    ...scheduler,
    warmup_steps: 0,
  });
});

Deno.test("PC7: a minimal step has every other flag off and freezes nothing", async () => {
  const step = await onlyStep({});
  assert.deepEqual(
    [
      step.gan_training,
      step.use_lpips,
      step.train_spade,
      step.train_diff,
      step.train_diff_full,
    ],
    [false, false, false, false, false],
  );
  assert.deepEqual([step.freeze, step.unfreeze], [[], []]);
});

Deno.test("PC8: a full step keeps the nine values that it gives", async () => {
  const given = {
    n_epochs: 7,
    description: "warm-up",
    gan_training: true,
    train_spade: true,
    batch_size: 6,
    max_steps: 40,
    kl_beta: 0.01,
    lambda_adv: 0.7,
    cfg_dropout_prob: 0.2,
  };
  const step = await onlyStep(given);
  const kept = Object.keys(given).map((key) => [key, Reflect.get(step, key)]);
  assert.deepEqual(Object.fromEntries(kept), given);
});

Deno.test("PC9: a pipeline of one step loads", async () => {
  const { mode, steps } = await loadedFrom(textOf([VAE]));
  assert.deepEqual([mode, steps.map(({ name }) => name)], ["pipeline", [
    "vae",
  ]]);
});

Deno.test("PC10: defaults are inherited; a step's batch_size leaves the inherited workers alone", async () => {
  const defaults = { batch_size: 4, workers: 3 };
  const [one, two] = await stepsOf(
    textOf([VAE, { ...VAE, name: "two", batch_size: 8 }], { defaults }),
  );
  assert.deepEqual([one!.batch_size, one!.workers], [4, 3]);
  assert.deepEqual([two!.batch_size, two!.workers], [8, 3]);
});

Deno.test("PC11: inline optimizers and schedulers load, the betas as a pair", async () => {
  const { optimization } = await onlyStep({
    gan_training: true,
    optimization: {
      optimizers: {
        vae: { type: "AdamW", lr: 1e-4, betas: [0.9, 0.95] },
        discriminator: { type: "AdamW", betas: [0, 0.9], amsgrad: true },
      },
      schedulers: { vae: { type: "LinearLR", end_factor: 0.2 } },
    },
  });
  const { vae, discriminator } = optimization.optimizers;
  assert(vae?.type === "AdamW" && discriminator?.type === "AdamW");
  assert.deepEqual([vae.lr, vae.betas], [1e-4, [0.9, 0.95]]);
  assert.deepEqual([discriminator.betas, discriminator.amsgrad], [
    [0, 0.9],
    true,
  ]);
  const scheduler = optimization.schedulers.vae;
  assert(scheduler?.type === "LinearLR" && scheduler.end_factor === 0.2);
});

Deno.test("PC12: both forms of transition load", async () => {
  const steps = await stepsOf(textOf([
    { ...VAE, transition_on: { mode: "epoch" } },
    { ...VAE, name: "two", n_epochs: 50, transition_on: WATCHED },
  ]));
  assert.deepEqual(steps.map(({ transition_on }) => transition_on.mode), [
    "epoch",
    "loss_threshold",
  ]);
});
