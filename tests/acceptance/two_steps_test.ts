// Two steps in a row: weights that go from one to the next, and a step that ends when its loss is good enough.
import assert from "node:assert/strict";
import {
  actionsOf,
  digestsOf,
  savedState,
  SmallProject,
  story,
  vaeStep,
} from "./small_project.ts";

Deno.test("train runs two steps, the second from the weights of the first", async () => {
  // Too small a rate to move any weight: what the second step ends with is what it began with.
  const still =
    "optimization: { optimizers: { vae: { type: AdamW, lr: 1e-30 } } }";
  await using project = await SmallProject.open(
    vaeStep("first"),
    vaeStep("second", still),
  );
  const { code, out, err } = await project.train();
  assert.deepEqual([code, err], [0, ""]);
  const lines = story(out).split("\n");
  const started = lines.indexOf("[2/2] second: started");
  assert.ok(started > lines.indexOf("[1/2] first: done in TIME"));
  assert.equal(
    lines[started + 1],
    '[2/2] second | weights of compressor, expander from step "first"',
  );
  const [first, second] = await Promise.all(
    ["first", "second"].map((name) => digestsOf(project.stepFolder(name))),
  );
  const weights = "weights.safetensors";
  assert.equal(second![weights], first![weights]);
});

Deno.test("a step ends at the threshold of its loss, before its epochs are over", async () => {
  const transition = (threshold: number) =>
    `n_epochs: 4, transition_on: { mode: loss_threshold, metric: recon_loss, threshold: ${threshold}, window: 2, max_epochs: 3 }`;
  await using project = await SmallProject.open(
    `{ name: reached, train_vae: true, ${transition(0.9)} }`,
    `{ name: missed, train_vae: true, init_from: {}, ${transition(0.0001)} }`,
    vaeStep("after"),
  );
  const { code, out, err } = await project.train();
  assert.deepEqual([code, err], [0, ""]);
  const lines = story(out).split("\n");
  const told = lines.filter((line) => line.includes("| end of epoch"));
  assert.deepEqual(told, [
    "[1/3] reached | end of epoch: threshold met: recon_loss NUMBER < 0.9",
    "[2/3] missed | end of epoch: recon_loss NUMBER, target < 0.0001",
    "[2/3] missed | end of epoch: recon_loss NUMBER, target < 0.0001",
    "[2/3] missed | end of epoch: maximum of 3 epochs reached",
    "[3/3] after | end of epoch: completed 1 epoch",
  ]);
  assert.equal(await stepsOf(project, "reached"), 6);
  assert.equal(await stepsOf(project, "missed"), 18);
  assert.ok(
    lines.indexOf("[3/3] after: started") >
      lines.indexOf("[1/3] reached: done in TIME"),
  );
  assert.ok(
    actionsOf(await project.plan()).every((step) => step.includes(": reuse,")),
  );
});

async function stepsOf(project: SmallProject, name: string): Promise<unknown> {
  return (await savedState(project.stepFolder(name))).global_step;
}
