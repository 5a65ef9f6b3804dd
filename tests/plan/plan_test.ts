import assert from "node:assert/strict";
import { join } from "node:path";
import type { Pipeline } from "../../lib/catalog/pipeline.ts";
import {
  type Plan,
  type PlannedStep,
  planPipeline,
} from "../../lib/plan/plan.ts";
import { commitMarker } from "../../lib/store/marker.ts";
import { writeStepRequest } from "../../lib/store/request_record.ts";
import {
  type StepState,
  writeRunManifest,
} from "../../lib/store/run_record.ts";
import { setAside } from "../../lib/store/set_aside.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { writeFiles } from "../store/stored_step.ts";
import {
  builtPipeline,
  compareStep,
  dataset,
  scriptStep,
  trainStep,
} from "./built_pipeline.ts";

/** emoji -> vae -> two arms -> compare, with everything below `folder`. */
function spade(folder: string, epochs = 3): Pipeline {
  const arm = {
    needs: ["vae"],
    init_from: { compressor: "vae", expander: "vae" },
  };
  return builtPipeline(
    [
      scriptStep("emoji", join(folder, "task.ts")),
      trainStep("vae", { needs: ["emoji"] }),
      trainStep("on", { ...arm, n_epochs: epochs, train_spade: true }),
      trainStep("off", { ...arm, n_epochs: epochs }),
      compareStep("compare", ["on", "off"], "icons"),
    ],
    { icons: dataset({ from: "emoji" }) },
  );
}

async function withProject(
  body: (folder: string, runsDir: string) => Promise<void>,
) {
  await withTemporaryFolder(async (folder) => {
    await writeFiles(folder, { "task.ts": "export const task = 1;" });
    await body(folder, join(folder, "runs"));
  });
}

function actions(plan: Plan): string[] {
  return plan.steps.map((step) =>
    `${step.name}: ${step.action}, ${step.reason}`
  );
}

function stepOf(plan: Plan, name: string): PlannedStep {
  return plan.steps.find((step) => step.name === name) as PlannedStep;
}

async function finish(step: PlannedStep): Promise<void> {
  await writeStepRequest(step.request);
  await writeFiles(step.folder, {
    "output/captions.tsv": "a.png\ta\nb.png\tb\nc.png\tc\n",
  });
  await commitMarker(step.folder, {
    request: step.request,
    result: { outcome: "done", metrics: {} },
    engines: step.task === "train" ? ["wasm"] : [],
    attempts: 1,
    elapsedMs: 1,
    finishedAt: new Date("2026-01-02T03:04:05Z"),
  });
}

async function record(
  plan: Plan,
  run = plan.run,
  state: StepState = "done",
): Promise<void> {
  await writeRunManifest(plan.runsDir, {
    run,
    pipeline: plan.file,
    digest: "d",
    mode: plan.mode,
    seed: 0,
    engine: "wasm",
    versions: {},
    createdAt: "2026-01-02T03:04:05.000Z",
    updatedAt: "2026-01-02T03:04:05.000Z",
    steps: plan.steps.map(({ name, task, key }) => ({
      name,
      task,
      key,
      state,
    })),
  });
}

const FINISHED = "reuse, finished 2026-01-02 03:04 UTC";

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
    assert.equal(
      request.datasets["icons"]?.imageFolder,
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
      "checkpoint.json": JSON.stringify({
        version: 1,
        current,
        previous: null,
      }),
      "checkpoints/00000003/state.json":
        '{"version":1,"step_epoch":1,"batch":1}',
    });
    const plan = await planPipeline(spade(folder), { runsDir });
    assert.equal(stepOf(plan, "vae").action, "resume");
    assert.equal(
      stepOf(plan, "vae").reason,
      "continues at epoch 2, batch 2 of 2",
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
      "images/a.png": "A",
    });
    const first = await planPipeline(pipeline, {
      runsDir,
      saveFingerprints: true,
    });
    assert.equal(first.steps[0]?.request.plan.trainSteps, 3);
    assert.ok(Deno.statSync(join(runsDir, "fingerprints.json")).isFile);
    await finish(first.steps[0] as PlannedStep);
    await record(first);
    await writeFiles(folder, { "images/a.png": "AA" });
    const [vae] = (await planPipeline(pipeline, { runsDir })).steps;
    assert.match(
      vae?.reason ?? "",
      /^changed: datasets\.train\.fingerprint [0-9a-f]{8} -> /,
    );
  });
});
