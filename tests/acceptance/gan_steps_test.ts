// A pipeline against a discriminator, through the command line: trained, handed on, measured, and reused.
import assert from "node:assert/strict";
import { readMetricRows } from "../../lib/metrics/metric_log.ts";
import {
  actionsOf,
  savedState,
  SmallProject,
  vaeStep,
} from "./small_project.ts";

const SIZES = ["--set", "model.disc_base=4", "--set", "model.disc_depth=2"];

Deno.test("train of a pipeline with GAN steps hands the discriminator on and plans nothing more", async () => {
  await using project = await SmallProject.open(
    vaeStep("vae"),
    "{ name: judge, gan_training: true, freeze: [compressor, expander], n_epochs: 1, optimization: { optimizers: { discriminator: { lr: 0.001, betas: [0, 0.9], amsgrad: true } } } }",
    vaeStep(
      "gan",
      "gan_training: true, adaptive_weights: true, r1_interval: 1",
    ),
    "{ name: look, task: evaluate, of: gan, dataset: heldout }",
  );
  const ended = await project.train(...SIZES);
  assert.equal(ended.code, 0, ended.err);
  const gan = project.stepFolder("gan");
  const [row] = await readMetricRows(`${gan}/metrics.jsonl`);
  for (const name of ["d_loss", "g_loss", "r1_penalty", "weight_gan"]) {
    assert.ok(Number.isFinite(row!.metrics[name]), name);
  }
  const state = await savedState(gan);
  assert.deepEqual(state.components, [
    "compressor",
    "expander",
    "discriminator",
  ]);
  const request = JSON.parse(
    await Deno.readTextFile(`${gan}/request.json`),
  );
  assert.equal(request.options.init_from.discriminator, "judge");
  assert.deepEqual(
    actionsOf(await project.plan(...SIZES)).map((line) =>
      line.replace(/, .*/, "")
    ),
    ["vae: reuse", "judge: reuse", "gan: reuse", "look: reuse"],
  );
  // The discriminator's sizes are no part of what a step without one does.
  assert.deepEqual(
    actionsOf(await project.plan("--set", "model.disc_base=8")).map((line) =>
      line.replace(/, .*/, "")
    ),
    ["vae: reuse", "judge: run", "gan: wait", "look: wait"],
  );
});
