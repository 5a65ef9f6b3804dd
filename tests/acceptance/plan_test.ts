// What `plan --json` says before, between and after runs, and what a changed option makes it say.
import assert from "node:assert/strict";
import { parseStepFolder } from "../../lib/store/store_layout.ts";
import { join } from "node:path";
import { actionsOf, SmallProject, vaeStep } from "./small_project.ts";

const STEPS = [
  vaeStep("warmup"),
  vaeStep("on", "needs: [warmup], init_from: warmup, train_spade: true"),
  vaeStep("off", "needs: [warmup], init_from: warmup"),
  "{ name: measure, task: evaluate, needs: [on], of: on, dataset: heldout }",
];

/** Changes of the arm `on`: its name and value as `--set` takes them. */
const CHANGED = ["--set", "training.pipeline.steps.on.kl_beta=0.002"];

Deno.test("plan --json tells before, between and after runs what is left, and why", async () => {
  await using project = await SmallProject.open(...STEPS);
  assert.deepEqual(actionsOf(await project.plan()), [
    "warmup: run, first time",
    "on: wait, waits for warmup",
    "off: wait, waits for warmup",
    "measure: wait, waits for on",
  ]);
  await assert.rejects(Deno.stat(project.path("runs")), Deno.errors.NotFound);
  // A run that fails in its third step leaves the first two finished.
  const rate = "training.pipeline.steps.off.optimization.optimizers.vae.lr";
  const failed = await project.train("--set", `${rate}=1e30`);
  assert.equal(failed.code, 4);
  const between = await project.plan();
  assert.deepEqual(actionsOf(between).map(withoutDate), [
    "warmup: reuse, finished",
    "on: reuse, finished",
    `off: run, changed: optimization.optimizers.vae.lr 1e+30 -> 0.002`,
    "measure: run, first time",
  ]);
  assert.equal((await project.train()).code, 0);
  assert.deepEqual(actionsOf(await project.plan()).map(withoutDate), [
    "warmup: reuse, finished",
    "on: reuse, finished",
    "off: reuse, finished",
    "measure: reuse, finished",
  ]);
});

Deno.test("a changed option redoes its step and what descends from it; changing it back runs nothing", async () => {
  await using project = await SmallProject.open(...STEPS);
  assert.equal((await project.train()).code, 0);
  const before = await project.plan();
  const planned = await project.plan(...CHANGED);
  const [old, changed] = [before, planned].map((steps) =>
    steps[1]!.key.slice(0, 8)
  );
  assert.deepEqual(actionsOf(planned).map(withoutDate), [
    "warmup: reuse, finished",
    "on: run, changed: kl_beta 0.0001 -> 0.002",
    "off: reuse, finished",
    `measure: wait, waits for on; changed: input init_from.compressor ${old} -> ${changed}, input init_from.expander ${old} -> ${changed}, input weights ${old} -> ${changed}`,
  ]);
  assert.deepEqual(planned[1]!.changes, [
    { key: "options.kl_beta", old: 0.0001, new: 0.002 },
  ]);
  const redone = await project.run("train", "small.yaml", "--json", ...CHANGED);
  assert.equal(redone.code, 0);
  const { steps } = JSON.parse(redone.out);
  assert.deepEqual(
    steps.map((step: { name: string; state: string }) =>
      `${step.name} ${step.state}`
    ),
    ["warmup reused", "on done", "off reused", "measure done"],
  );
  const stamps = await finishedAt(project);
  const back = await project.train();
  assert.equal(back.code, 0);
  assert.match(back.out, /^Nothing left to do: all 4 steps /);
  assert.deepEqual(await finishedAt(project), stamps);
});

function withoutDate(line: string): string {
  return line.replace(/ \d{4}-\d\d-\d\d \d\d:\d\d UTC$/, "");
}

/** When each folder of the store was finished, by its name. */
async function finishedAt(
  project: SmallProject,
): Promise<Record<string, string>> {
  const store = project.path("runs", "store");
  const found: Record<string, string> = {};
  for (const entry of Deno.readDirSync(store)) {
    // The store has folders of its own beside those of steps.
    if (!entry.isDirectory || parseStepFolder(entry.name) === null) continue;
    const path = join(store, entry.name, "complete.json");
    found[entry.name] = JSON.parse(await Deno.readTextFile(path)).finishedAt;
  }
  return found;
}
