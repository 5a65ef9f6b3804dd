// Tar shards in a plan: keys, counts and grants, without a network.
import assert from "node:assert/strict";
import { join } from "node:path";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import { type Plan, planPipeline } from "../../lib/plan/plan.ts";
import { samples, tarOf } from "../shards/made_shard.ts";

async function planOf(
  runsDir: string,
  url: string,
  more = "",
  save = false,
): Promise<Plan> {
  const text = [
    "training:",
    "  pipeline:",
    "    datasets:",
    `      web: { type: webdataset, webdataset_url: "${url}"${more} }`,
    "    default_dataset: web",
    "    steps: [{ name: a, n_epochs: 1, train_vae: true, batch_size: 4, lr: 1e-3 }]",
    "",
  ].join("\n");
  const readText = () => Promise.resolve(text);
  const loaded = await loadPipeline("p.yaml", { readText });
  assert.ok(loaded.ok);
  return await planPipeline(loaded.value, { runsDir, saveFingerprints: save });
}

async function inFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    await act(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("planPipeline() knows remote shards by their addresses and grants their hosts alone", async () => {
  await inFolder(async (folder) => {
    const keyOf = async (url: string, more = "") =>
      (await planOf(folder, url, more)).steps[0]!.key;
    const url = "https://h.example/d/{0,1}.tar";
    const plan = await planOf(folder, url);
    const { permissions, request, key } = plan.steps[0]!;
    assert.deepEqual(permissions.net, ["h.example:443"]);
    assert.deepEqual(permissions.env, []);
    const [own, shards, ...others] = permissions.write;
    assert.equal(own, plan.steps[0]!.folder);
    assert.match(shards!, /\/store\/shards\/h\.example_443-[0-9a-f]{16}$/);
    assert.deepEqual(others, []);
    assert.equal(request.plan.trainSteps, null);
    // A token, its name and what FluxFlow is told of sizes change no result.
    assert.equal(await keyOf(url, ', webdataset_token: "${T}"'), key);
    assert.equal(await keyOf(url, ", webdataset_size: 7"), key);
    assert.notEqual(await keyOf("https://h.example/d/{1,0}.tar"), key);
    assert.notEqual(await keyOf(url, ", webdataset_image_key: jpg"), key);
    assert.doesNotMatch(JSON.stringify(request.work), /webdataset_token/);
  });
});

Deno.test("planPipeline() knows local shards by their content and counts their samples", async () => {
  await inFolder(async (folder) => {
    const runs = join(folder, "runs");
    Deno.mkdirSync(join(folder, "x"));
    const [first, second] = [
      await tarOf(samples(0, 6)),
      await tarOf(samples(6, 5)),
    ];
    Deno.writeFileSync(join(folder, "x/0.tar"), first);
    Deno.writeFileSync(join(folder, "x/1.tar"), second);
    const plan = await planOf(runs, join(folder, "x"), "", true);
    const { key, permissions, request } = plan.steps[0]!;
    assert.equal(request.plan.trainSteps, 3);
    assert.deepEqual(permissions.net, []);
    for (const name of ["x/0.tar", "x/1.tar"]) {
      assert.ok(permissions.read.includes(join(folder, name)));
    }
    const kept = join(runs, "store/shards/local");
    assert.equal([...Deno.readDirSync(kept)].length, 2);
    // Elsewhere, under other names, they are the same data.
    Deno.renameSync(join(folder, "x"), join(folder, "y"));
    Deno.renameSync(join(folder, "y/0.tar"), join(folder, "y/00.tar"));
    const keyOf = async () =>
      (await planOf(runs, join(folder, "y/*.tar"))).steps[0]!.key;
    assert.equal(await keyOf(), key);
    Deno.writeFileSync(join(folder, "y/1.tar"), await tarOf(samples(6, 6)));
    assert.notEqual(await keyOf(), key);
  });
});

Deno.test("planPipeline() names a local shard that is damaged", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "a.tar");
    Deno.writeFileSync(path, (await tarOf(samples(0, 3))).subarray(0, 2048));
    await assert.rejects(planOf(join(folder, "runs"), path), (error: Error) => {
      assert.match(
        error.message,
        /Cannot read shard ".*a\.tar": it has no end/,
      );
      return true;
    });
  });
});
