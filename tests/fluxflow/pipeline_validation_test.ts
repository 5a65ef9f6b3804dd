// PC13 to PC32: what FluxFlow's tests expect of a pipeline's validation, asked of ours.
import assert from "node:assert/strict";
import { findingsOf, refusalsOf } from "../config/refusals.ts";
import {
  messagesOf,
  onlyStep,
  textOf,
  VAE,
  WATCHED,
} from "./written_pipeline.ts";

Deno.test("PC13: a right step has no errors", async () => {
  assert.deepEqual(await refusalsOf(textOf([VAE])), []);
});

Deno.test("PC14: two right steps, one with a threshold, have no errors", async () => {
  const flow = { name: "flow", n_epochs: 3, train_diff: true };
  const vae = { ...VAE, n_epochs: 50, transition_on: WATCHED };
  assert.deepEqual(await refusalsOf(textOf([vae, flow])), []);
});

Deno.test("PC15: an empty pipeline has exactly one error, which says so", async () => {
  const found = await refusalsOf(textOf([]));
  assert.equal(found.length, 1);
  assert.match(found[0]!, /it has no steps/);
});

Deno.test("PC16: zero epochs", async () => {
  const found = await messagesOf({ ...VAE, n_epochs: 0 });
  assert.match(found, /"n_epochs" must be at least 1/);
});

Deno.test("PC17: max_steps of zero", async () => {
  const found = await messagesOf({ ...VAE, max_steps: 0 });
  assert.match(found, /"max_steps" must be at least 1/);
});

Deno.test("PC18: a step without a mode", async () => {
  const found = await findingsOf(textOf([{ name: "a", n_epochs: 1 }]));
  const said = found.map(({ message, hint }) => `${message}; ${hint}`);
  assert.match(said.join(), /trains nothing; Write "train_vae: true" or/);
});

Deno.test("PC19: compressor and expander frozen and trained: both are named", async () => {
  const found = await messagesOf({
    ...VAE,
    freeze: ["compressor", "expander"],
  });
  assert.match(found, /Cannot freeze "compressor".*trains it/);
  assert.match(found, /Cannot freeze "expander".*trains it/);
});

Deno.test("PC20: unknown components", async () => {
  const found = await messagesOf({ ...VAE, freeze: ["unet"] });
  assert.match(found, /"freeze.0" must be one of .*found the text "unet"/);
});

Deno.test("PC21: an unknown type of optimizer", async () => {
  const optimization = { optimizers: { vae: { type: "Adafactor" } } };
  const found = await messagesOf({ ...VAE, optimization });
  assert.match(found, /optimizers\.vae\.type" must be one of/);
});

Deno.test("PC22: an unknown type of scheduler", async () => {
  const optimization = { schedulers: { vae: { type: "OneCycleLR" } } };
  const found = await messagesOf({ ...VAE, optimization });
  assert.match(found, /schedulers\.vae\.type" must be one of/);
});

Deno.test("PC23: an epoch transition without a value is right", async () => {
  const step = { ...VAE, transition_on: { mode: "epoch" } };
  assert.deepEqual(await refusalsOf(textOf([step])), []);
});

Deno.test("PC24: a loss transition without a metric", async () => {
  const { metric: _metric, ...rest } = WATCHED;
  const found = await messagesOf({ ...VAE, n_epochs: 50, transition_on: rest });
  assert.match(found, /^.*names no metric$/);
});

Deno.test("PC25: a loss transition without a threshold", async () => {
  const { threshold: _threshold, ...rest } = WATCHED;
  const found = await messagesOf({ ...VAE, n_epochs: 50, transition_on: rest });
  assert.match(found, /^.*has no threshold$/);
});

Deno.test("PC26: a loss transition without max_epochs", async () => {
  const { max_epochs: _epochs, ...rest } = WATCHED;
  const found = await messagesOf({ ...VAE, n_epochs: 50, transition_on: rest });
  assert.match(found, /^.*has no "max_epochs", so it might never come$/);
});

Deno.test("PC27: a loss transition on a metric that does not exist", async () => {
  const transition_on = { ...WATCHED, metric: "accuracy" };
  const found = await messagesOf({ ...VAE, n_epochs: 50, transition_on });
  assert.match(found, /Cannot watch "accuracy".*there is no such metric/);
});

Deno.test("PC28: three faults are three errors at once", async () => {
  const faults = { n_epochs: 0, max_steps: 0, freeze: ["unet"] };
  assert.equal((await refusalsOf(textOf([{ ...VAE, ...faults }]))).length, 3);
});

Deno.test("PC29: the text encoder may be frozen beside train_vae", async () => {
  const step = await onlyStep({ freeze: ["text_encoder"] });
  assert.deepEqual(step.frozen, ["text_encoder"]);
});

Deno.test("PC30: an empty freeze is right", async () => {
  assert.deepEqual((await onlyStep({ freeze: [] })).freeze, []);
});

Deno.test("PC31: vae, gan, spade and diff_full together are right", async () => {
  const modes = {
    gan_training: true,
    train_spade: true,
    train_diff_full: true,
  };
  const { trains } = await onlyStep(modes);
  assert.deepEqual(trains, [
    "compressor",
    "expander",
    "flow_processor",
    "discriminator",
  ]);
});

Deno.test("PC32: gan_training with the discriminator frozen: the conflict names it", async () => {
  const found = await messagesOf({
    ...VAE,
    gan_training: true,
    freeze: ["discriminator"],
  });
  assert.match(found, /Cannot freeze "discriminator".*"gan_training: true"/);
});
