// A schedule is as long as the updates that the step really makes: with gathered gradients, a limit of batches, several
// resolutions, batches that are left out, and remainders.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { TrainStep } from "../../lib/catalog/pipeline.ts";
import { readCurrent } from "../../lib/checkpoint/load_checkpoint.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { readMetricRows } from "../../lib/metrics/metric_log.ts";
import { requestOf, TinyProject, train, vaeStep } from "./tiny_step.ts";

await startEngine("wasm");

const RATE = 1e-3;
const FLOOR = 0.1;

/** A cosine's rate before update `done` of `total`. */
function cosine(done: number, total: number): number {
  const fall = (1 + Math.cos(Math.PI * done / total)) / 2;
  return RATE * (FLOOR + (1 - FLOOR) * fall);
}

/** 7 pictures in batches of 2, two epochs; per case what is changed and how many updates that makes. */
const CASES: Readonly<
  Record<
    string,
    {
      readonly step?: Partial<TrainStep>;
      readonly data?: object;
      readonly updates: number;
      readonly images: number;
    }
  >
> = {
  "a remainder": { updates: 8, images: 14 },
  "gathered gradients, and what is left of them": {
    step: { gradient_accumulation_steps: 3 },
    updates: 4,
    images: 14,
  },
  "max_steps": { step: { max_steps: 3 }, updates: 6, images: 12 },
  "gathered gradients under max_steps": {
    step: { gradient_accumulation_steps: 2, max_steps: 3 },
    updates: 4,
    images: 12,
  },
  "several resolutions": {
    data: { reduced_min_sizes: [16] },
    updates: 16,
    images: 28,
  },
  "gathered gradients over several resolutions": {
    step: { gradient_accumulation_steps: 3 },
    data: { reduced_min_sizes: [16] },
    updates: 6,
    images: 28,
  },
};

Deno.test("a schedule ends with the step's last update", async (t) => {
  using project = new TinyProject(7, 32);
  for (const [name, { step, data, updates, images }] of Object.entries(CASES)) {
    await t.step(name, async () => {
      const folder = project.folder(name.replaceAll(/\W/g, "-"));
      const trained = vaeStep({ n_epochs: 2, use_ema: false, ...step });
      const request = requestOf(project, {
        ...trained,
        optimization: {
          optimizers: { vae: { type: "SGD", lr: RATE } },
          schedulers: {
            vae: { type: "CosineAnnealingLR", eta_min_factor: FLOOR },
          },
        } as TrainStep["optimization"],
      }, { folder });
      const result = await train({
        ...request,
        data: { ...request.data, ...data },
      });
      assert.deepEqual(
        [result.trained?.updates, result.trained?.images],
        [updates, images],
      );
      const { state } = await readCurrent(folder);
      assert.equal(state.optimizers.vae!.count, updates);
      const rows = await readMetricRows(join(folder, "metrics.jsonl"));
      const rates = [
        ...new Set(
          rows.flatMap((row) => row.learning_rates?.vae ?? []),
        ),
      ];
      assert.equal(rates.length, updates);
      rates.forEach((rate, done) => {
        const wanted = cosine(done, updates);
        assert.ok(
          Math.abs(rate - wanted) < 1e-9,
          `${done}: ${rate}, ${wanted}`,
        );
      });
    });
  }
});
