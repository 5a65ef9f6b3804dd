import assert from "node:assert/strict";
import { loadedFrom, pipelineOf, refusalsOf } from "./refusals.ts";

const TWO_STEPS = pipelineOf(
  "      - { name: warm.up, n_epochs: 1, train_vae: true }\n      - { name: b, n_epochs: 1, train_vae: true }\n",
);

Deno.test("applyOverrides() sets values by step name, index and escaped name, and makes maps on the way", async () => {
  const pipeline = await loadedFrom(TWO_STEPS, [
    "training.pipeline.steps.b.n_epochs=2",
    "training.pipeline.steps.0.n_epochs=4",
    "training.pipeline.steps.warm\\.up.batch_size=16",
    "training.pipeline.steps.b.freeze=[flow, text_encoder]",
    "training.pipeline.defaults.optimization.optimizers.vae={type: SGD, momentum: 0.9}",
    "model.text_encoder.layers=2",
    "name=another",
    "name=",
  ]);
  const [a, b] = pipeline.steps;
  assert(a?.task === "train" && b?.task === "train");
  assert.deepEqual([a.n_epochs, a.batch_size, b.n_epochs, b.freeze], [
    4,
    16,
    2,
    ["flow_processor", "text_encoder"],
  ]);
  assert.equal(a.optimization.optimizers.vae?.type, "SGD");
  assert.equal(pipeline.model.text_encoder.layers, 2);
  assert.equal(pipeline.name, "p");
});

Deno.test("applyOverrides() reports mistakes at their place on the command line, all at once", async () => {
  const found = await refusalsOf(TWO_STEPS, [
    "seed",
    "=3",
    "training..lr=1",
    "training.pipeline.steps.bb.n_epochs=2",
    "training.pipeline.steps.7.n_epochs=2",
    "training.pipeline.steps.b.n_epoch=2",
    "training.pipeline.steps.b.n_epochs=two",
    "training.lr.x=1",
    "model.vae_dim=[1",
    "modle.vae_dim=3",
    "model.__proto__.vae_dim=3",
  ]);
  assert.deepEqual(found, [
    '--set#1:1:1 Cannot read the override "seed": it is not of the form key.key=value',
    '--set#2:1:1 Cannot read the override "=3": it is not of the form key.key=value',
    '--set#3:1:10 Cannot read the override "training..lr=1": it is not of the form key.key=value',
    '--set#4:1:25 Cannot set an item of the list: it has no item "bb", did you mean "b"?',
    '--set#5:1:25 Cannot set an item of the list: it has no item "7"',
    '--set#8:1:13 Cannot set "x": the value it should be in is 0.001, not a map',
    '--set#9:1:17 Cannot read "--set#9": flow sequence must end with a ]',
    '--set#11:1:7 Cannot read the override "model.__proto__.vae_dim=3": "__proto__" cannot be a key',
    '--set#10:1:1 Cannot read the pipeline: unknown key "modle", did you mean "model"?',
    '--set#7:1:36 Cannot read step "b": "n_epochs" must be a number, found the text "two"',
    '--set#6:1:27 Cannot read step "b": unknown key "n_epoch", did you mean "n_epochs"?',
  ]);
});
