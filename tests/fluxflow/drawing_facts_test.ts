// TS and GP: what FluxFlow's tests of its trainer and of its drawing pipeline check: shapes, repeatable numbers, and none that is NaN.
import assert from "node:assert/strict";
import type { Batch } from "../../lib/data/batch_stream.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { buildModel, type FluxModel } from "../../lib/models/flux_model.ts";
import {
  type DrawingTask,
  drawPictures,
} from "../../lib/sampling/draw_pictures.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { trainOn } from "../../lib/train/batch_update.ts";
import { flowSchedule } from "../../lib/train/flow_schedule.ts";
import { ParameterGroup } from "../../lib/train/parameter_group.ts";
import { vaeTrainer } from "../../lib/train/vae_trainer.ts";
import { tinyModel } from "../support/tiny_model.ts";

await startEngine("wasm");

const OPTIONS = tinyModel();

function build(seed = 1): FluxModel {
  return buildModel(OPTIONS, {
    components: ["compressor", "expander", "flow_processor"],
    seed,
  });
}

/** A task of two pictures; captions become vectors by their letters. */
function taskOf(
  model: FluxModel,
  changes: Partial<DrawingTask> = {},
): DrawingTask {
  return {
    model,
    pictures: ["red", "blue"].map((caption, noise) => ({ caption, noise })),
    vectorsOf: (captions) =>
      tf.tensor2d(
        captions.map((caption) =>
          Array.from(
            { length: OPTIONS.textEmbeddingDim },
            (_, k) => Math.sin((caption.charCodeAt(k) || 0) + k),
          )
        ),
      ),
    negative: "",
    guidanceScale: 3,
    ...{ height: 8, width: 8, steps: 3, solver: "dpm++", seed: 5 },
    spade: true,
    schedule: flowSchedule(OPTIONS),
    onStep: () => Promise.resolve(true),
    ...changes,
  };
}

async function numbersOf(task: DrawingTask): Promise<Float32Array[]> {
  return (await drawPictures(task))!.map(({ values }) => values);
}

Deno.test("TS2: one step of the VAE has finite losses and moves the weights", async () => {
  using model = build();
  const names = ["compressor", "expander"].flatMap((component) =>
    model.parameters.trainableNames(component as "compressor" | "expander")
  );
  using group = new ParameterGroup(model.parameters, {
    name: "vae",
    parameterNames: names,
    optimizer: { type: "AdamW", lr: 1e-3 },
    scheduler: null,
    totalUpdates: 1,
  });
  const trainer = vaeTrainer({
    model,
    groups: [group],
    seed: 1,
    clippingNorm: 1,
    losses: {
      ...{ spade: true, reconstructs: true, mseWeight: 0.1, klBeta: 1e-4 },
      ...{ klWarmupSteps: 0, klFreeBits: 0, adversarial: null },
      ...{ perceptual: null, balanced: false },
    },
  });
  const images = Float32Array.from(
    { length: 2 * 8 * 8 * 3 },
    (_, k) => Math.sin(0.31 * k),
  );
  const batch: Batch = {
    ...{ images, height: 8, width: 8, size: 2, corrupt: [] },
    ...{ captions: ["a", "b"], indices: [0, 1], views: [0, 1] },
  };
  const before = names.map((name) => model.parameters.get(name).dataSync()[0]);
  const report = await trainOn(
    { trainers: [trainer], average: null, accumulation: 1 },
    batch,
    {
      cursor: { epoch: 0, batch: 0, trainStep: 0 },
      batchesPerEpoch: 1,
      windows: {},
    },
  );
  assert.deepEqual([report.nonFinite, report.isUpdated], [null, true]);
  assert.ok(Object.values(report.metrics).every(Number.isFinite));
  const moved = names.filter((name, k) =>
    model.parameters.get(name).dataSync()[0] !== before[k]
  );
  assert.ok(moved.length > names.length / 2, `${moved.length}`);
});

Deno.test("GP1-4: a picture for each order, with the sides that were asked for, square or not", async () => {
  using model = build();
  for (const [height, width] of [[8, 8], [8, 16], [16, 8]] as const) {
    const drawn = await drawPictures(taskOf(model, { height, width }));
    assert.deepEqual(
      drawn!.map((one) => [one.order.caption, one.height, one.width]),
      [["red", height, width], ["blue", height, width]],
    );
    for (const { values } of drawn!) {
      assert.equal(values.length, height * width * 3);
    }
  }
});

Deno.test("GP5-9: the same seed draws the same numbers; another seed, noise, caption or weights draw others", async () => {
  using model = build();
  using other = build(2);
  const [first, second] = await numbersOf(taskOf(model));
  assert.deepEqual(await numbersOf(taskOf(model)), [first, second]);
  const changes: Record<string, DrawingTask> = {
    seed: taskOf(model, { seed: 6 }),
    noise: taskOf(model, { pictures: [{ caption: "red", noise: 7 }] }),
    caption: taskOf(model, { pictures: [{ caption: "green", noise: 0 }] }),
    weights: taskOf(other),
  };
  for (const [name, task] of Object.entries(changes)) {
    assert.notDeepEqual((await numbersOf(task))[0], first, name);
  }
});

Deno.test("GP10-13: no number is NaN: few steps and many, with both solvers, without guidance and with much", async () => {
  using model = build();
  const before = tf.memory().numTensors;
  for (const steps of [1, 2, 12]) {
    for (const solver of ["euler", "dpm++"] as const) {
      for (const guidanceScale of [0, 1, 20]) {
        const task = taskOf(model, { steps, solver, guidanceScale });
        for (const values of await numbersOf(task)) {
          assert.ok(values.every(Number.isFinite), `${steps} ${solver}`);
        }
      }
    }
  }
  assert.equal(tf.memory().numTensors, before);
});
