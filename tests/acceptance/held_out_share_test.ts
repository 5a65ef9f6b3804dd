// A user holds out a share of a folder that has no list of it: planned, trained, measured, under the step's own permissions.
import assert from "node:assert/strict";
import { join } from "node:path";
import { readMetricRows } from "../../lib/metrics/metric_log.ts";
import { PIPELINE, SmallProject, vaeStep } from "./small_project.ts";

const HOLDOUT = [
  ...["--set", "training.pipeline.datasets.train.holdout=0.3"],
  ...["--set", "training.pipeline.datasets.train.crop=random"],
];

Deno.test("a held-out share is measured and never trained on, and another share is other work", async () => {
  await using project = await SmallProject.open(
    vaeStep("vae", "eval_dataset: train.holdout, workers: 2"),
  );
  const [whole] = await project.plan(
    "--set",
    "training.pipeline.steps.vae.eval_dataset=heldout",
  );
  const [planned] = await project.plan(...HOLDOUT);
  assert.ok(Number(planned!["trainSteps"]) < Number(whole!["trainSteps"]));
  const ended = await project.train(...HOLDOUT);
  assert.equal(ended.code, 0, ended.err);
  const rows = await readMetricRows(
    join(project.stepFolder("vae"), "metrics.jsonl"),
  );
  assert.ok(rows.at(-1)!.metrics["val_recon_l1"]! > 0);
  assert.equal(rows.at(-1)!.global_step, planned!["trainSteps"]);
  const again = await project.train(...HOLDOUT);
  assert.match(again.out, /Nothing left to do/);
  const [other] = await project.plan(
    ...HOLDOUT,
    "--set",
    "training.pipeline.datasets.train.holdout=0.2",
  );
  assert.notEqual(other!.key, planned!.key);
  const empty = await project.run(
    "plan",
    PIPELINE,
    "--set",
    "training.pipeline.datasets.train.holdout=0.0001",
    "--set",
    "training.pipeline.steps.vae.dataset=train.holdout",
  );
  assert.equal(empty.code, 3);
  assert.match(
    empty.err,
    /Cannot use dataset "train.holdout": with holdout 0.0001 this part of its \d+ samples is empty/,
  );
});
