// `plan --estimate`: one batch of every new train step by the clock, without a trace in the runs folder or among temporary files.
import assert from "node:assert/strict";
import { SmallProject, vaeStep } from "./small_project.ts";
import { readTextLines } from "../../lib/worker/protocol.ts";
import { until } from "../cli/cli_process.ts";

const STEPS = [
  // Two updates would be fewer than the warm-up: the step must keep its length.
  vaeStep(
    "vae",
    "optimization: { optimizers: { vae: { lr: 0.002 } }, schedulers: { vae: { type: CosineAnnealingLR, warmup_steps: 3 } } }",
  ),
  "{ name: flow, train_diff: true, n_epochs: 2, gradient_accumulation_steps: 2, optimization: { optimizers: { flow: { lr: 0.001 } } } }",
  "{ name: draw, task: script, uses: draw.ts, needs: [] }",
  vaeStep("later", "needs: [draw], dataset: drawn"),
];

const DRAWN =
  'training.pipeline.datasets.drawn={"from":"draw","image_folder":"a","captions_file":"b.tsv"}';

const ESTIMATE = [
  ...["plan", "small.yaml", "--estimate", "--engine", "wasm", "--set", DRAWN],
];

async function openProject(): Promise<SmallProject> {
  const project = await SmallProject.open(...STEPS);
  await project.write("draw.ts", "export const task = 1;");
  await Deno.mkdir(project.path("temporary"));
  project.environment = { TMPDIR: project.path("temporary") };
  return project;
}

function left(project: SmallProject): string[] {
  return [".", "temporary"].flatMap((folder) =>
    [...Deno.readDirSync(project.path(folder))].map(({ name }) => name)
  ).filter((name) => name === "runs" || name.startsWith("fluxline-"));
}

Deno.test("plan --estimate measures a batch of every new train step, and says what it cannot measure", async () => {
  await using project = await openProject();
  const { code, out, err } = await project.run(...ESTIMATE, "--json");
  assert.equal(code, 0, err);
  const plan = JSON.parse(out);
  assert.deepEqual(left(project), []);
  const [vae, flow, draw, later] = plan.steps;
  for (const { estimate } of [vae, flow]) {
    assert.equal(estimate.basis, "one batch");
    assert.ok(estimate.timeMs.low > 0);
    assert.ok(estimate.timeMs.high > estimate.timeMs.low);
    const { updateMs, peakMemoryBytes, checkpointBytes } = estimate.batch;
    assert.ok(updateMs > 0 && peakMemoryBytes > 1e7);
    // The forecast is a bound from above; what is not an array is small.
    assert.ok(checkpointBytes > 1000);
    assert.ok(checkpointBytes < plan.checkpoints.peakBytes);
  }
  assert.deepEqual(vae.estimate.batch.freshFrom, []);
  assert.deepEqual(flow.estimate.batch.freshFrom, ["vae"]);
  assert.deepEqual([draw, later].map((step) => step.notEstimated), [
    "only train steps are measured",
    "needs draw first: it makes its data",
  ]);
});

Deno.test("plan --estimate that is interrupted leaves nothing", async () => {
  await using project = await openProject();
  const child = project.start(...ESTIMATE);
  const told = readTextLines(child.stderr);
  assert.equal((await told.next()).value, 'Measures one batch of step "vae"');
  await until(() => left(project).length > 0, "a temporary folder");
  child.kill("SIGINT");
  const rest = (await Array.fromAsync(told)).join("\n");
  await child.stdout.cancel();
  assert.equal((await child.status).code, 130, rest);
  assert.deepEqual(left(project), []);
});
