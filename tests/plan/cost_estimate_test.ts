import assert from "node:assert/strict";
import { comparedCells, estimateLines } from "../../lib/plan/cost_text.ts";
import { estimateFromBatch } from "../../lib/plan/batch_estimate.ts";
import { estimateCosts } from "../../lib/plan/cost_estimate.ts";
import { type PlannedStep, planPipeline } from "../../lib/plan/plan.ts";
import type { StepEstimate } from "../../lib/store/estimate_record.ts";
import { commitMarker, readMarker } from "../../lib/store/marker.ts";
import { writeStepRequest } from "../../lib/store/request_record.ts";
import { writeFiles } from "../store/stored_step.ts";
import { finish, spade, stepOf, withProject } from "./stored_plan.ts";

async function finishIn(step: PlannedStep, elapsedMs: number): Promise<void> {
  await writeStepRequest(step.request);
  await writeFiles(step.folder, { "output/weights": "x".repeat(1000) });
  const updates = step.request.plan.trainSteps;
  assert.ok(updates !== null);
  await commitMarker(step.folder, {
    request: step.request,
    result: {
      ...{ outcome: "done", metrics: {} },
      trained: {
        ...{ updates, batches: updates, skipped: 0, corrupt: 0 },
        ...{ images: null, loss: null, frozen: [] },
      },
    },
    ...{ engines: ["wasm"], attempts: 1, elapsedMs },
    peakMemoryBytes: 2e8,
    finishedAt: new Date(0),
  });
}

Deno.test("estimateCosts() goes by finished steps of the same shape, scaled by updates, then by those of the same name", async () => {
  await withProject(async (folder, runsDir) => {
    const bare = await planPipeline(spade(folder), { runsDir });
    assert.equal((await estimateCosts(bare)).size, 0);
    await finish(stepOf(bare, "emoji"));
    const first = await planPipeline(spade(folder), { runsDir });
    await finishIn(stepOf(first, "vae"), 500);
    await finishIn(stepOf(first, "on"), 10_000);

    // Twice the epochs of "on"; nothing of its shape else.
    const more = await planPipeline(spade(folder, 6), { runsDir });
    const estimates = await estimateCosts(more);
    assert.deepEqual([...estimates.keys()], ["on", "off"]);
    const on = estimates.get("on")!;
    assert.deepEqual([on.basis, on.samples], ["measured", 1]);
    assert.deepEqual(on.timeMs, { low: 16_000, high: 26_000 });
    assert.deepEqual(on.memoryBytes, { low: 1.6e8, high: 2.6e8 });
    const marker = await readMarker(stepOf(first, "on").folder, {
      deep: false,
    });
    assert.ok(marker.kind === "complete");
    const bytes = marker.marker.files.reduce((sum, one) => sum + one.bytes, 0);
    assert.deepEqual(on.diskBytes, { low: bytes * 0.95, high: bytes * 1.05 });
    // The control trains as "vae" did.
    const off = estimates.get("off")!;
    assert.equal(off.basis, "measured");
    assert.ok(off.timeMs!.high < on.timeMs!.low);
    assert.deepEqual(
      estimateLines(more.steps, estimates).map((line) =>
        line.trim().replaceAll(/ {2,}/g, " | ")
      ).slice(-2),
      [
        "compare | - | - | - | nothing is known of such a step",
        "together 17 s to 27 s, one after the other, and 1 step not known",
      ],
    );

    const pipeline = spade(folder);
    const wider = {
      ...pipeline,
      steps: pipeline.steps.map((step) =>
        step.name === "on" && step.task === "train"
          ? { ...step, batch_size: 1 }
          : step
      ),
    };
    const other = await estimateCosts(await planPipeline(wider, { runsDir }));
    assert.equal(other.get("on")?.basis, "similar");
  });
});

Deno.test("comparedCells() says on which side of the estimate the truth lies", () => {
  const range = { low: 1000, high: 2000 };
  const estimate: StepEstimate = {
    key: "k",
    basis: "measured",
    samples: 2,
    timeMs: range,
    diskBytes: range,
    memoryBytes: null,
  };
  assert.deepEqual(
    comparedCells(estimate, {
      ...{ timeMs: 1500, diskBytes: 3000, memoryBytes: 5000 },
    }),
    [
      "1.5 s, within 1.0 s to 2.0 s",
      "3.0 kB, more than 1.0 kB to 2.0 kB",
      "5.0 kB",
    ],
  );
});

Deno.test("estimateFromBatch() counts frozen weights once, and the rest for every checkpoint that stays", async () => {
  await withProject(async (folder, runsDir) => {
    const plan = await planPipeline(spade(folder), { runsDir });
    const planned = stepOf(plan, "on");
    assert.ok(planned.step.task === "train");
    const checkpoint = {
      ...planned.step.checkpoint,
      ...{ interval_batches: 1, keep_last: 3, keep_best: null },
    };
    const { diskBytes } = estimateFromBatch(
      planned,
      { ...planned.step, checkpoint },
      {
        ...{ open_ms: 1, prepare_ms: 0, prepared_share: 1, batch_ms: 1 },
        ...{ batches: 100, save_ms: 1 },
        ...{ checkpoint_bytes: 1000, frozen_bytes: 800 },
        ...{ peakMemoryBytes: null, freshFrom: [] },
      },
    );
    assert.ok(diskBytes !== null);
    assert.equal(Math.round(diskBytes.low), 950);
    assert.equal(Math.round(diskBytes.high), 1540);
  });
});
