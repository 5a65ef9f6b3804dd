import assert from "node:assert/strict";
import { join } from "node:path";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import { createOptimizer } from "../../lib/optim/optimizer.ts";
import { OPTIMIZER_TYPES } from "../../lib/optim/optimizer_options.ts";
import { diskForecast, slotCount } from "../../lib/plan/disk_forecast.ts";
import { planPipeline } from "../../lib/plan/plan.ts";
import { CrashProject } from "../crash/crash_project.ts";

Deno.test("slotCount() counts what each optimizer remembers", () => {
  for (const type of OPTIMIZER_TYPES) {
    for (
      const more of [{}, { momentum: 0.9 }, { amsgrad: true }, {
        centered: true,
      }]
    ) {
      const entry = { type, lr: 0.1, ...more };
      assert.equal(
        slotCount(entry as Parameters<typeof slotCount>[0]),
        createOptimizer(entry).slots.length,
        JSON.stringify(entry),
      );
    }
  }
});

Deno.test("diskForecast() is a bound on the checkpoints that a run leaves, and not far above them", async () => {
  await using project = await CrashProject.open([
    "{ name: vae, train_vae: true, n_epochs: 2, gradient_accumulation_steps: 2, checkpoint: { interval_batches: 1, keep_last: 2 } }",
  ]);
  const data = "training.pipeline.datasets.squares";
  const loaded = await loadPipeline(project.path("crash.yaml"), {
    overrides: [
      `${data}.image_folder=${project.path("pictures")}`,
      `${data}.captions_file=${project.path("pictures.tsv")}`,
    ],
  });
  assert.ok(loaded.ok);
  const runsDir = project.path("runs");
  const plan = () => planPipeline(loaded.value, { runsDir });
  const { keptBytes, peakBytes } = diskForecast(await plan());
  assert.equal((await project.train("runs")).code, 0);
  let found = 0;
  for (const { folder } of (await plan()).steps) {
    for (const entry of Deno.readDirSync(join(folder, "checkpoints"))) {
      for (
        const file of Deno.readDirSync(join(folder, "checkpoints", entry.name))
      ) {
        if (!file.name.endsWith(".safetensors")) continue;
        const path = join(folder, "checkpoints", entry.name, file.name);
        const bytes = Deno.readFileSync(path);
        const header = Number(new DataView(bytes.buffer).getBigUint64(0, true));
        found += bytes.length - 8 - header;
      }
    }
  }
  assert.ok(found <= keptBytes, `${found} bytes, forecast ${keptBytes}`);
  assert.ok(found > 0.7 * keptBytes, `${found} bytes, forecast ${keptBytes}`);
  // One more is written before an older one goes.
  assert.equal(peakBytes, 1.5 * keptBytes);
  assert.deepEqual(diskForecast(await plan()), { keptBytes: 0, peakBytes: 0 });
});
