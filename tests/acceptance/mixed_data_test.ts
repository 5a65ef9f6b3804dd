// Pictures of several sizes and a corrupt one, from the command line: buckets, a dimension cache, a warning, and the plan's count.
import assert from "node:assert/strict";
import { join } from "node:path";
import { pictureBytes } from "../data/picture_folder.ts";
import { SmallProject, vaeStep } from "./small_project.ts";

const SETTINGS = ["--set", "data.max_corrupt_share=0.1"];

Deno.test("train takes pictures of several sizes, skips and names a corrupt one, and keeps what it learned of their sizes", async () => {
  await using project = await SmallProject.open(
    vaeStep("vae", "needs: [], init_from: {}"),
  );
  await project.write("train/bear.png", pictureBytes(3, 24, 16));
  await project.write("train/lemon.png", pictureBytes(4, 30, 17));
  await project.write("train/cactus.png", "no picture");
  const ended = await project.train(...SETTINGS);
  assert.deepEqual([ended.code, ended.err], [0, ""]);
  assert.match(
    ended.out,
    /picture "PROJECT\/train\/cactus\.png" is skipped: it is neither PNG nor JPEG/,
  );
  assert.match(ended.out, /1 corrupt sample skipped/);
  const [vae] = await project.plan(...SETTINGS);
  assert.equal(vae!.action, "reuse");
  const folder = project.path("runs", "store", "dimensions");
  const [file] = [...Deno.readDirSync(folder)];
  const cache = JSON.parse(Deno.readTextFileSync(join(folder, file!.name)));
  // The model halves twice, so sides are multiples of 4.
  assert.deepEqual(cache.size_groups, { "16x16": 20, "24x16": 1, "32x20": 1 });
  const state = Deno.readTextFileSync(
    join(project.stepFolder("vae"), "metrics.jsonl"),
  ).trimEnd().split("\n").map((line) => JSON.parse(line)).at(-1);
  // Five batches of four, and one of each other size.
  assert.equal(state.global_step, 7);
});
