// `task: generate` with all its options in a pipeline: sizes, frames, and weights from files alone.
import assert from "node:assert/strict";
import { decodeImage } from "../../lib/format/image_codec.ts";
import {
  PIPELINE,
  SmallProject,
  vaeStep,
} from "../acceptance/small_project.ts";

const FLOW =
  "{ name: flow, train_diff: true, n_epochs: 1, optimization: { optimizers: { flow: { type: AdamW, lr: 0.001 } } } }";
const WAY =
  "{ name: way, task: generate, prompts: [red heart, a star], frames: 3, per_prompt: 2, size: 16x32, steps: 2, sampler: euler, guidance_scale: 2, negative_prompt: leaf, weights: raw }";

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name)
    .sort();
}

Deno.test("a generate step draws ways between two prompts; with files alone it draws the same", async () => {
  await using project = await SmallProject.open(vaeStep("vae"), FLOW, WAY);
  const { code, err } = await project.train("--quiet");
  assert.equal(code, 0, err);
  const output = `${project.stepFolder("way")}/output`;
  const names = await namesIn(output);
  assert.deepEqual(names, [
    ...[1, 2, 3, 4, 5, 6].map((n) => `00${n}-red-heart-to-a-star.png`),
    "prompts.json",
    "strip.png",
  ]);
  const strip = await decodeImage(await Deno.readFile(`${output}/strip.png`));
  assert.deepEqual([strip.width, strip.height], [3 * 52 + 4, 2 * 100 + 4]);

  const exported = await project.run(
    ...["export", PIPELINE, "flow", "--to", "out", "--weights", "raw"],
  );
  assert.equal(exported.code, 0, exported.err);
  await project.writeSteps(WAY);
  const files = ["--set", "model_checkpoint=out", "--runs", "others"];
  const again = await project.train("--quiet", ...files);
  assert.equal(again.code, 0, again.err);
  const others = `${project.stepFolder("way", "others")}/output`;
  for (const name of names) {
    assert.deepEqual(
      await Deno.readFile(`${others}/${name}`),
      await Deno.readFile(`${output}/${name}`),
      name,
    );
  }
  const [planned] = await project.plan(...files);
  const { read } = planned!.permissions as { read: string[] };
  assert.ok(read.includes("out/tokenizer.json"), read.join());
  await Deno.remove(project.path("out/tokenizer.json"));
  const refused = await project.run("validate", PIPELINE, ...files.slice(0, 2));
  assert.equal(refused.code, 3);
  assert.match(refused.err, /no tokenizer\.json beside it/);
});

Deno.test("sizes that the halvings do not divide, and frames without two prompts, are refused at once", async () => {
  await using project = await SmallProject.open(
    vaeStep("vae"),
    FLOW,
    WAY.replace("16x32", "18x32").replace("a star", "a star, a leaf"),
  );
  const { code, err } = await project.run(
    ...["validate", PIPELINE, "--set", "output.sample_sizes=[16, 30]"],
  );
  assert.equal(code, 3);
  assert.match(err, /it has 3 prompts, wanted 2/);
  assert.match(err, /it is 18x32.*multiples of 4/);
  assert.match(err, /The nearest sizes are 16x32 and 20x32/);
  assert.match(err, /Cannot draw samples of this size: it is 30x30/);
});
