// Datasets of shards as a step opens them: names on the hub in a local folder, a part that is held out, buckets by size.
import assert from "node:assert/strict";
import { join } from "node:path";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import { BatchStream } from "../../lib/data/batch_stream.ts";
import { planPipeline } from "../../lib/plan/plan.ts";
import { openStepDataset } from "../../lib/steps/open_data.ts";
import type { StepRequest } from "../../lib/store/step_request.ts";
import { samples, tarOf } from "../shards/made_shard.ts";

function fileOf(hub: string): string {
  return [
    `data: { hub_dir: ${JSON.stringify(hub)} }`,
    "model: { downscales: 2 }",
    "training:",
    "  pipeline:",
    "    datasets:",
    '      web: { type: webdataset, webdataset_url: "hf://datasets/org/pairs/data/*.tar", holdout: 0.4 }',
    "    default_dataset: web",
    "    steps: [{ name: a, n_epochs: 1, train_vae: true, batch_size: 4, lr: 1e-3, eval_dataset: web.holdout }]",
    "",
  ].join("\n");
}

async function requestFor(folder: string): Promise<StepRequest> {
  const text = fileOf(join(folder, "hub"));
  const readText = () => Promise.resolve(text);
  const loaded = await loadPipeline("p.yaml", { readText });
  assert.ok(loaded.ok, JSON.stringify(loaded));
  const runsDir = join(folder, "runs");
  const plan = await planPipeline(loaded.value, { runsDir });
  return plan.steps[0]!.request;
}

Deno.test("openStepDataset() finds hf:// shards in hub_dir, in two parts, with batches of one size", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const data = join(folder, "hub/datasets/org/pairs/data");
    Deno.mkdirSync(data, { recursive: true });
    const write = async (name: string, first: number, side: number) =>
      Deno.writeFileSync(
        join(data, name),
        await tarOf(samples(first, 9, side)),
      );
    await write("0.tar", 0, 8);
    await write("1.tar", 9, 12);
    const request = await requestFor(folder);
    const phases: string[] = [];
    const context = {
      request,
      folder: request.folder,
      secrets: {},
      signal: new AbortController().signal,
      log: () => {},
      progress: ({ phase }: { readonly phase: string }) => phases.push(phase),
    };
    const sources = new Map();
    const trained = await openStepDataset(context, "web", { sources });
    const heldOut = await openStepDataset(context, "web.holdout", { sources });
    // Both parts are of the same two shards, which are opened once.
    assert.deepEqual(phases, ["index shards", "index shards"]);
    const namesOf = (set: typeof trained) =>
      Array.from({ length: set.size }, (_, index) => set.name(index));
    const all = [...namesOf(trained), ...namesOf(heldOut)].sort();
    assert.equal(new Set(all).size, 18);
    assert.ok(heldOut.size > 0 && trained.size > 0);
    assert.equal(all[0], "0.tar/0000");
    const stream = new BatchStream(trained, {
      batchSize: 4,
      seed: 1,
      maxBatches: null,
    });
    assert.equal(request.plan.trainSteps, stream.batchesPerEpoch);
    const sides = new Set<number>();
    let seen = 0;
    for (let at = 0; at < stream.batchesPerEpoch; at++) {
      const batch = await stream.read(0, at);
      const { width, height, size } = batch;
      assert.equal(width, height);
      sides.add(width);
      seen += size;
    }
    assert.deepEqual([...sides].sort((a, b) => a - b), [8, 12]);
    assert.equal(seen, trained.size);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
