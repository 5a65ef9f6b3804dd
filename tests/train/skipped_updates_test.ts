// Batches that cannot be used, since a number is not finite or all their samples are corrupt: the schedule keeps its length, weights
// and averages move by what is left, and nothing of a bad batch is in them.
import assert from "node:assert/strict";
import { constant } from "../../lib/blueprint/initializers.ts";
import { ParameterList } from "../../lib/blueprint/parameter_list.ts";
import type { Batch } from "../../lib/data/batch_stream.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { updatesPerEpoch } from "../../lib/lr_schedulers/step_length.ts";
import { Parameters } from "../../lib/nn/parameters.ts";
import { RandomStream } from "../../lib/random/random_stream.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { trainOn } from "../../lib/train/batch_update.ts";
import { ParameterGroup } from "../../lib/train/parameter_group.ts";
import type { Trainer } from "../../lib/train/trainer.ts";
import type { UpdateReport } from "../../lib/train/update.ts";
import { WeightAverage } from "../../lib/train/weight_average.ts";

await startEngine("wasm");

const NAME = "expander.scale";
const RATE = 0.5;
const FLOOR = 0.1;
const EPOCHS = 2;

/** The gradient of each batch of an epoch in turn; null for one whose samples are all corrupt. */
type Gradients = readonly (number | null)[];

interface Trained {
  readonly rates: readonly number[];
  readonly weight: number;
  readonly nextRate: number;
  readonly averaged: number;
  readonly reports: readonly UpdateReport[];
}

/** A step of one weight under a cosine, whose loss is the weight times the batch's gradient. */
async function trained(
  gradients: Gradients,
  accumulation: number,
  prepareGroup: (group: ParameterGroup) => void = () => {},
): Promise<Trained> {
  const list = new ParameterList(
    "expander",
    (name) => RandomStream.of(0, name),
  );
  list.plain("scale", [1], constant(1));
  using parameters = Parameters.create(list.specs);
  const batchesPerEpoch = gradients.length;
  using group = new ParameterGroup(parameters, {
    name: "vae",
    parameterNames: [NAME],
    optimizer: { type: "SGD", lr: RATE, momentum: 0, weight_decay: 0 },
    scheduler: { type: "CosineAnnealingLR", eta_min_factor: FLOOR },
    totalUpdates: EPOCHS * updatesPerEpoch(batchesPerEpoch, accumulation),
  });
  prepareGroup(group);
  using average = new WeightAverage(parameters, [NAME], 0.9);
  const trainer: Trainer = {
    groups: [group],
    lossMetric: "vae_loss",
    clippingNorm: 0,
    prepare: (batch) =>
      Promise.resolve({
        settings: {},
        loss() {
          const loss = tf.sum(
            tf.mul(parameters.get(NAME), batch.images[0]!),
          ) as tf.Scalar;
          return { total: loss, terms: { vae_loss: loss } };
        },
        [Symbol.dispose]: () => {},
      }),
  };
  const rates: number[] = [];
  const reports: UpdateReport[] = [];
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    for (const [batch, gradient] of gradients.entries()) {
      const rate = group.rate;
      const report = await trainOn(
        { trainers: [trainer], average, accumulation },
        batchOf(gradient),
        {
          cursor: { epoch, batch, trainStep: epoch * batchesPerEpoch + batch },
          batchesPerEpoch,
          windows: {},
        },
      );
      reports.push(report);
      if (group.rate !== rate) rates.push(rate);
    }
  }
  return {
    rates,
    reports,
    weight: parameters.get(NAME).dataSync()[0]!,
    nextRate: group.rate,
    averaged: average.updates,
  };
}

function batchOf(gradient: number | null): Batch {
  return {
    images: Float32Array.of(gradient ?? 0),
    size: gradient === null ? 0 : 1,
    ...{ height: 1, width: 1, captions: [""], indices: [0], views: [0] },
    corrupt: [],
  };
}

function cosine(done: number, total: number): number {
  return RATE *
    (FLOOR + (1 - FLOOR) * (1 + Math.cos(Math.PI * done / total)) / 2);
}

/** Where plain SGD leaves a weight of 1: each update takes the mean of its usable batches. */
function sgd(
  gradients: Gradients,
  accumulation: number,
): { readonly weight: number; readonly updates: number } {
  let weight = 1;
  let updates = 0;
  const perEpoch = updatesPerEpoch(gradients.length, accumulation);
  for (let k = 0; k < EPOCHS * perEpoch; k++) {
    const first = (k % perEpoch) * accumulation;
    const usable = gradients.slice(first, first + accumulation)
      .filter((value) => value !== null && Number.isFinite(value)) as number[];
    if (usable.length === 0) continue;
    const mean = usable.reduce((sum, one) => sum + one, 0) / usable.length;
    weight -= cosine(k, EPOCHS * perEpoch) * mean;
    updates++;
  }
  return { weight, updates };
}

const CASES: Readonly<Record<string, readonly [Gradients, number]>> = {
  "only good batches": [[1, -2, 3], 1],
  "batches that are not finite": [[1, NaN, 3, Infinity, 2], 1],
  "corrupt batches": [[null, 1, null, 2], 1],
  "gathered gradients, one of them not finite": [[1, NaN, 3, 4, -1], 2],
  "gathered gradients, the last of an update not finite": [[1, 2, 3, NaN], 2],
  "gathered gradients, one batch corrupt": [[null, 2, 3, null, 5], 2],
  "a whole update that cannot be used": [[NaN, null, 3, 4], 2],
  "an epoch that ends with one batch that cannot be used": [[1, 2, NaN], 2],
};

Deno.test("trainOn() keeps a schedule as long as its step, and trains on what is left", async (t) => {
  for (const [name, [gradients, accumulation]] of Object.entries(CASES)) {
    await t.step(name, async () => {
      const found = await trained(gradients, accumulation);
      const total = EPOCHS * updatesPerEpoch(gradients.length, accumulation);
      assert.equal(found.rates.length, total);
      found.rates.forEach((rate, k) =>
        assert.ok(Math.abs(rate - cosine(k, total)) < 1e-12, `${k}: ${rate}`)
      );
      assert.ok(Math.abs(found.nextRate - RATE * FLOOR) < 1e-12);
      const wanted = sgd(gradients, accumulation);
      assert.ok(Math.abs(found.weight - wanted.weight) < 1e-5);
      assert.equal(found.averaged, wanted.updates);
      const skipped = found.reports.filter(({ nonFinite }) =>
        nonFinite !== null
      );
      const bad = gradients.filter((one) =>
        one !== null && !Number.isFinite(one)
      );
      assert.equal(skipped.length, EPOCHS * bad.length);
    });
  }
});

Deno.test("trainOn() leaves out a mean of gradients that is not finite, and names its norm", async (t) => {
  for (const last of [2, null]) {
    await t.step(
      last === null ? "with a corrupt batch" : "with a good batch",
      async () => {
        const { weight, reports, averaged } = await trained(
          [last],
          2,
          ({ gathered }) =>
            gathered.restore(
              new Map([[NAME, tf.keep(tf.tensor1d([Infinity]))]]),
              { batches: 1, loss: 1 },
            ),
        );
        assert.equal(reports[0]!.nonFinite, "grad_norm_vae");
        assert.equal(reports[0]!.metrics["grad_norm_vae"], Infinity);
        assert.equal(reports[0]!.isUpdated, false);
        // Only the second epoch's batch counts.
        const wanted = last === null ? 1 : 1 - cosine(1, 2) * last;
        assert.ok(Math.abs(weight - wanted) < 1e-6, String(weight));
        assert.equal(averaged, last === null ? 0 : 1);
      },
    );
  }
});
