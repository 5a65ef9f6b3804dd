import assert from "node:assert/strict";
import { seal } from "../../lib/disk/sealed_record.ts";
import { join } from "node:path";
import { planPipeline } from "../../lib/plan/plan.ts";
import { writeStepRequest } from "../../lib/store/request_record.ts";
import { writeFiles } from "../store/stored_step.ts";
import { builtPipeline, dataset } from "./built_pipeline.ts";
import {
  actions,
  finish,
  FINISHED,
  record,
  spade,
  stepOf,
  withProject,
} from "./stored_plan.ts";

Deno.test("planPipeline() plans a first run and writes nothing", async () => {
  await withProject(async (folder, runsDir) => {
    const plan = await planPipeline(spade(folder), { runsDir });
    assert.deepEqual(actions(plan), [
      "emoji: run, first time",
      "vae: wait, waits for emoji",
      "on: wait, waits for vae",
      "off: wait, waits for vae",
      "compare: wait, waits for on, off",
    ]);
    assert.deepEqual([...Deno.readDirSync(folder)].map((entry) => entry.name), [
      "task.ts",
    ]);
    const { request } = stepOf(plan, "on");
    assert.deepEqual(Object.keys(request.inputs), ["vae"]);
    const icons = request.datasets["icons"];
    assert.ok(icons?.type === "local");
    assert.equal(
      icons.imageFolder,
      join(stepOf(plan, "emoji").folder, "output", "images"),
    );
    assert.equal(request.plan.trainSteps, null);
  });
});

Deno.test("planPipeline() reuses finished steps, starts the next, and counts its updates", async () => {
  await withProject(async (folder, runsDir) => {
    await finish(
      stepOf(await planPipeline(spade(folder), { runsDir }), "emoji"),
    );
    const plan = await planPipeline(spade(folder), { runsDir });
    assert.deepEqual(actions(plan).slice(0, 3), [
      `emoji: ${FINISHED}`,
      "vae: run, first time",
      "on: wait, waits for vae",
    ]);
    // Three pictures in batches of two, three epochs.
    assert.equal(stepOf(plan, "vae").request.plan.trainSteps, 6);
  });
});

Deno.test("planPipeline() reuses everything, under other names and in another run too", async () => {
  await withProject(async (folder, runsDir) => {
    for (const step of (await planPipeline(spade(folder), { runsDir })).steps) {
      await finish(step);
    }
    const renamed = spade(folder);
    const steps = renamed.steps.map((step) =>
      step.name === "emoji" ? { ...step, name: "icons" } : step
    )
      .map((step) =>
        step.name === "vae" ? { ...step, needs: ["icons"] } : step
      );
    const pipeline = builtPipeline(
      steps,
      { icons: dataset({ from: "icons" }) },
      { name: "other" },
    );
    const plan = await planPipeline(pipeline, { runsDir });
    assert.deepEqual(actions(plan), [
      `icons: ${FINISHED} as "emoji"`,
      `vae: ${FINISHED}`,
      `on: ${FINISHED}`,
      `off: ${FINISHED}`,
      `compare: ${FINISHED}`,
    ]);
  });
});

Deno.test("planPipeline() says which keys changed, and reuses when they change back", async () => {
  await withProject(async (folder, runsDir) => {
    const first = await planPipeline(spade(folder), { runsDir });
    for (const step of first.steps) await finish(step);
    await record(first);
    const plan = await planPipeline(spade(folder, 5), { runsDir });
    const [on, off] = ["on", "off"].map((name) =>
      stepOf(first, name).key.slice(0, 8)
    );
    const [newOn, newOff] = ["on", "off"].map((name) =>
      stepOf(plan, name).key.slice(0, 8)
    );
    assert.deepEqual(actions(plan).slice(1), [
      `vae: ${FINISHED}`,
      "on: run, changed: n_epochs 3 -> 5",
      "off: run, changed: n_epochs 3 -> 5",
      "compare: wait, waits for on, off; changed: " +
      `input arm.off ${off} -> ${newOff}, input arm.off.compressor ${off} -> ${newOff}, ` +
      `input arm.off.expander ${off} -> ${newOff}, input arm.on ${on} -> ${newOn} and 2 more`,
    ]);
    assert.deepEqual(stepOf(plan, "on").changes, [{
      key: "options.n_epochs",
      old: 3,
      new: 5,
    }]);
    await record(plan, plan.run, "waiting");
    assert.ok(
      (await planPipeline(spade(folder), { runsDir })).steps.every((step) =>
        step.action === "reuse"
      ),
    );
  });
});

Deno.test("planPipeline() sees changed code of a script", async () => {
  await withProject(async (folder, runsDir) => {
    const first = await planPipeline(spade(folder), { runsDir });
    await finish(stepOf(first, "emoji"));
    await record(first);
    await writeFiles(folder, { "task.ts": "export const task = 2;" });
    const [emoji] = (await planPipeline(spade(folder), { runsDir })).steps;
    assert.equal(emoji?.action, "run");
    assert.match(
      emoji?.reason ?? "",
      /^changed: code\.files\.task\.ts [0-9a-f]{8} -> [0-9a-f]{8}$/,
    );
  });
});

Deno.test("planPipeline() redoes a step whose marker is damaged, and only that", async () => {
  await withProject(async (folder, runsDir) => {
    const first = await planPipeline(spade(folder), { runsDir });
    for (const step of first.steps) await finish(step);
    await Deno.remove(
      join(stepOf(first, "vae").folder, "output", "captions.tsv"),
    );
    const plan = await planPipeline(spade(folder), { runsDir });
    assert.deepEqual(actions(plan).slice(0, 3), [
      `emoji: ${FINISHED}`,
      'vae: run, marker damaged: "output/captions.tsv" is missing',
      `on: ${FINISHED}`,
    ]);
    assert.equal(stepOf(plan, "vae").setsAside, true);
  });
});

Deno.test("planPipeline() continues a step at its checkpoint", async () => {
  await withProject(async (folder, runsDir) => {
    const first = await planPipeline(spade(folder), { runsDir });
    await finish(stepOf(first, "emoji"));
    const vae = stepOf(first, "vae");
    await writeStepRequest(vae.request);
    const started = await planPipeline(spade(folder), { runsDir });
    assert.equal(
      stepOf(started, "vae").reason,
      "starts again: it ended before it saved anything",
    );
    const current = {
      globalStep: 3,
      folder: "checkpoints/00000003",
      files: [],
    };
    await writeFiles(vae.folder, {
      "checkpoint.json": JSON.stringify(
        seal({ version: 1, current, previous: null }),
      ),
      "checkpoints/00000003/state.json": JSON.stringify(
        seal({ version: 1, step_epoch: 1, batch: 1 }),
      ),
    });
    const plan = await planPipeline(spade(folder), { runsDir });
    assert.equal(stepOf(plan, "vae").action, "resume");
    assert.equal(
      stepOf(plan, "vae").reason,
      "continues at epoch 2, batch 2 of 2",
    );
    await writeFiles(vae.folder, {
      "checkpoints/00000003/state.json": JSON.stringify(
        seal({ version: 1, step_epoch: 2, batch: 2 }),
      ),
    });
    assert.equal(
      stepOf(await planPipeline(spade(folder), { runsDir }), "vae").reason,
      "continues behind the last batch of epoch 3",
    );
    await Deno.remove(join(vae.folder, "checkpoints"), { recursive: true });
    const damaged = stepOf(
      await planPipeline(spade(folder), { runsDir }),
      "vae",
    );
    assert.deepEqual([damaged.action, damaged.setsAside], ["run", true]);
    assert.match(damaged.reason, /^checkpoint damaged: /);
  });
});
