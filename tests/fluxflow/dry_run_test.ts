// PI10 and the summary cases: the plan as in FluxFlow's dry run.
import assert from "node:assert/strict";
import { runCli } from "../cli/cli_process.ts";
import { parse, stringify } from "yaml";
import { refusalsOf } from "../config/refusals.ts";
import { stepsOf, textOf, VAE } from "./written_pipeline.ts";

const SPADE = "pipelines/fluxflow/gan_only.yaml";

async function planOf(file: string, ...more: string[]): Promise<string> {
  const { code, out, err } = await runCli(["plan", file, ...more]);
  assert.equal(code, 0, err);
  return out;
}

Deno.test("PI5: the dry run prints heading, validity, plan, a line per step and its duration", async () => {
  const valid = await runCli(["validate", SPADE]);
  assert.match(valid.out, /gan_only\.yaml: valid, mode: pipeline, 3 steps/);
  const out = await planOf(
    SPADE,
    ...["--set", "training.pipeline.steps.gan.max_steps=4"],
  );
  assert.match(out, /^Plan of pipelines\/fluxflow\/gan_only\.yaml\n/);
  assert.match(out, /\n {2}warmup {2}VAE \(SPADE off\) +3 +8 +compressor, exp/);
  assert.match(
    out,
    /\n {2}gan +GAN alone \(SPADE off\) +1 of at most 4 batches/,
  );
});

Deno.test("PI6: an invalid file fails with the name of the step", async () => {
  const set = ["--set", "training.pipeline.steps.gan.n_epochs=0"];
  const { code, err } = await runCli(["validate", SPADE, ...set]);
  assert.equal(code, 3);
  assert.match(err, /step "gan": "n_epochs" must be at least 1/);
});

Deno.test("PI7: the transition line shows metric, threshold and max_epochs", async () => {
  const transition =
    "{ mode: loss_threshold, metric: recon_l1, threshold: 0.05, max_epochs: 2 }";
  const out = await planOf(
    SPADE,
    ...["--set", `training.pipeline.steps.warmup.transition_on=${transition}`],
  );
  assert.match(
    out,
    /warmup ends when .* recon_l1 is below 0\.05, or after 2 epochs/,
  );
});

Deno.test("PO21: the summary prints heading, every step and the total of epochs", async () => {
  const out = await planOf(
    SPADE,
    ...["--set", "training.pipeline.steps.gan.n_epochs=12"],
  );
  assert.match(out, /^Plan of /);
  for (const name of ["emoji", "warmup", "gan"]) assert(out.includes(name));
  assert.match(out, /\n {2}total epochs: 15\n/);
});

Deno.test("PI10: a file of two steps round-trips through YAML and is right", async () => {
  const text = textOf([VAE, { name: "flow", n_epochs: 2, train_diff: true }]);
  const again = stringify(parse(text));
  assert.deepEqual(await refusalsOf(again), []);
  assert.deepEqual(
    (await stepsOf(again)).map(({ name, n_epochs }) => [name, n_epochs]),
    [["vae", 10], ["flow", 2]],
  );
});
