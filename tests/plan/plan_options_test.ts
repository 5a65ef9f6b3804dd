import assert from "node:assert/strict";
import { pictureBytes } from "../data/picture_folder.ts";
import { join } from "node:path";
import { type PlannedStep, planPipeline } from "../../lib/plan/plan.ts";
import { setAside } from "../../lib/store/set_aside.ts";
import { writeFiles } from "../store/stored_step.ts";
import {
  builtPipeline,
  dataset,
  scriptStep,
  trainStep,
} from "./built_pipeline.ts";
import {
  actions,
  finish,
  FINISHED,
  record,
  spade,
  stepOf,
  withProject,
} from "./stored_plan.ts";

Deno.test("planPipeline() forces a step, or a step with its descendants, and names other users of the work", async () => {
  await withProject(async (folder, runsDir) => {
    const first = await planPipeline(spade(folder), { runsDir });
    for (const step of first.steps) await finish(step);
    await record(first, "neighbour");
    const forced = await planPipeline(spade(folder), {
      runsDir,
      force: ["vae"],
    });
    assert.deepEqual(actions(forced).slice(1, 3), [
      "vae: run, asked for by --force vae",
      `on: ${FINISHED}`,
    ]);
    assert.deepEqual(stepOf(forced, "vae").sharedWith, ["neighbour"]);
    const from = await planPipeline(spade(folder), { runsDir, from: ["on"] });
    assert.deepEqual(actions(from).slice(2), [
      "on: run, asked for by --from on",
      `off: ${FINISHED}`,
      "compare: wait, waits for on; asked for by --from on",
    ]);
    assert.deepEqual(from.steps.map((step) => step.setsAside), [
      false,
      false,
      true,
      false,
      true,
    ]);
    await setAside(stepOf(from, "on").folder, "forced");
    await record(first);
    const gone = stepOf(await planPipeline(spade(folder), { runsDir }), "on");
    assert.equal(gone.reason, "its folder is gone");
    await assert.rejects(
      planPipeline(spade(folder), { runsDir, force: ["flow"] }),
      {
        name: "UsageError",
        message: 'Cannot apply --force: pipeline "p.yaml" has no step "flow"',
        hint: "Name one of its steps: emoji, vae, on, off, compare",
      },
    );
  });
});

Deno.test("planPipeline() lets a second step with the same work wait for the first", async () => {
  await withProject(async (folder, runsDir) => {
    const twins = ["one", "two"].map((name) =>
      scriptStep(name, join(folder, "task.ts"))
    );
    const plan = await planPipeline(builtPipeline(twins, {}), { runsDir });
    assert.deepEqual(actions(plan), [
      "one: run, first time",
      "two: wait, waits for one, which does the same work",
    ]);
    await finish(stepOf(plan, "one"));
    const after = await planPipeline(builtPipeline(twins, {}), { runsDir });
    assert.deepEqual(after.steps.map((step) => step.action), [
      "reuse",
      "reuse",
    ]);
  });
});

Deno.test("planPipeline() takes data of the user by content and refuses missing ones", async () => {
  await withProject(async (folder, runsDir) => {
    const pipeline = builtPipeline([trainStep("vae")], {
      icons: dataset({ folder }),
    });
    await assert.rejects(planPipeline(pipeline, { runsDir }), {
      name: "RefusedError",
    });
    await writeFiles(folder, {
      "captions.tsv": "a.png\ta\n",
      "images/a.png": pictureBytes(0),
    });
    const first = await planPipeline(pipeline, {
      runsDir,
      saveFingerprints: true,
    });
    assert.equal(first.steps[0]?.request.plan.trainSteps, 3);
    assert.ok(Deno.statSync(join(runsDir, "fingerprints.json")).isFile);
    await finish(first.steps[0] as PlannedStep);
    await record(first);
    await writeFiles(folder, { "images/a.png": pictureBytes(1) });
    const [vae] = (await planPipeline(pipeline, { runsDir })).steps;
    assert.match(
      vae?.reason ?? "",
      /^changed: datasets\.train\.fingerprint [0-9a-f]{8} -> /,
    );
  });
});
