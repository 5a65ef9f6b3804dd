import assert from "node:assert/strict";
import { join } from "node:path";
import { createOptimizer } from "../../lib/optim/optimizer.ts";
import { OPTIMIZER_TYPES } from "../../lib/optim/optimizer_options.ts";
import { diskForecast, slotCount } from "../../lib/plan/disk_forecast.ts";
import { planPipeline } from "../../lib/plan/plan.ts";
import { CrashProject } from "../crash/crash_project.ts";
import { filesBelow } from "../disk/files_below.ts";

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

const VAE =
  "{ name: vae, train_vae: true, n_epochs: 2, gradient_accumulation_steps: 2, checkpoint: { interval_batches: 1, keep_last: 2 } }";
/** Its text encoder, compressor and expander stay as they are: most of its weights. */
const FLOW =
  "{ name: flow, train_diff: true, n_epochs: 2, optimization: { optimizers: { flow: { type: SGD, lr: 0.01 } } }, checkpoint: { interval_batches: 1, keep_last: 3 } }";

for (
  const [what, step, kept, frozen] of [
    ["that train every weight", VAE, 2, false],
    ["that share frozen weights", FLOW, 3, true],
  ] as const
) {
  Deno.test(`diskForecast() is a bound on the checkpoints ${what}, and not far above them`, async () => {
    await using project = await CrashProject.open([step]);
    const pipeline = await project.pipeline();
    const runsDir = project.path("runs");
    const plan = () => planPipeline(pipeline, { runsDir });
    const { keptBytes, peakBytes } = diskForecast(await plan());
    assert.equal((await project.train("runs")).code, 0);
    const { folder } = (await plan()).steps[0]!;
    const found = tensorBytes(join(folder, "checkpoints"));
    assert.equal(found.generations, kept);
    assert.ok(
      found.bytes <= keptBytes,
      `${found.bytes} bytes, forecast ${keptBytes}`,
    );
    assert.ok(
      found.bytes > 0.7 * keptBytes,
      `${found.bytes} bytes, forecast ${keptBytes}`,
    );
    // One more is written before an older one goes; what is frozen is there already.
    assert.equal(found.frozenBytes > 0, frozen);
    const changing = (keptBytes - found.frozenBytes) / kept;
    assert.equal(peakBytes, keptBytes + changing);
    const nothing = { keptBytes: 0, peakBytes: 0 };
    assert.deepEqual(diskForecast(await plan()), nothing);
  });
}

/** Bytes of the arrays in all checkpoints, those of a file with several names once. */
function tensorBytes(
  checkpoints: string,
): { bytes: number; frozenBytes: number; generations: number } {
  const seen = new Set<number | null>();
  let bytes = 0;
  let frozenBytes = 0;
  let generations = 0;
  for (const path of filesBelow(checkpoints)) {
    if (path.endsWith("weights.safetensors")) generations++;
    if (!path.endsWith(".safetensors")) continue;
    const { ino } = Deno.statSync(path);
    if (seen.has(ino)) continue;
    seen.add(ino);
    const content = Deno.readFileSync(path);
    const header = Number(new DataView(content.buffer).getBigUint64(0, true));
    bytes += content.length - 8 - header;
    if (path.endsWith("frozen.safetensors")) {
      frozenBytes += content.length - 8 - header;
    }
  }
  return { bytes, frozenBytes, generations };
}
