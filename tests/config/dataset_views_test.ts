// Keys of a dataset that say how it is seen: crops, and a part that is held out.
import assert from "node:assert/strict";
import { findingsOf, loadedFrom, refusalsOf } from "./refusals.ts";

const STEP = "{ name: a, n_epochs: 1, train_vae: true, lr: 1e-3 }";

function fileOf(entry: string, more = ""): string {
  return `training:
  pipeline:
    default_dataset: d
    datasets: { d: { image_folder: x, captions_file: y, ${entry} }${more} }
    steps: [${STEP}]
`;
}

Deno.test("loadPipeline() makes two datasets of one with holdout, the held-out one seen as it is", async () => {
  const text = fileOf("holdout: 0.2, flip: true, crop: random")
    .replace("lr: 1e-3", "lr: 1e-3, eval_dataset: d.holdout");
  const { datasets, steps } = await loadedFrom(text);
  const { d, "d.holdout": held } = datasets;
  assert.deepEqual(
    [d!.flip, d!.crop, d!.crop_scale, d!.split],
    [true, "random", 0.75, { share: 0.2, part: "training" }],
  );
  assert.deepEqual(
    [held!.flip, held!.crop, held!.crop_scale, held!.split],
    [false, "center", null, { share: 0.2, part: "holdout" }],
  );
  assert.ok(held?.type === "local");
  assert.equal(held.image_folder, "x");
  const [step] = steps;
  assert.ok(step?.task === "train" && step.eval_dataset === "d.holdout");
});

Deno.test("loadPipeline() takes holdout and crops in the data section for its own pictures", async () => {
  const { datasets } = await loadedFrom(
    `data: { data_path: x, captions_file: y, holdout: 0.1, crop: random, crop_scale: 0.5 }
training: { pipeline: { steps: [${STEP}] } }
`,
  );
  assert.deepEqual(Object.keys(datasets), ["default", "default.holdout"]);
  assert.equal(datasets["default"]!.crop_scale, 0.5);
});

Deno.test("loadPipeline() refuses views that mean nothing, and warns of those of no pictures", async () => {
  assert.deepEqual(await refusalsOf(fileOf("crop_scale: 0.5")), [
    '4:57 Cannot read dataset "d": "crop_scale" has no effect without "crop: random"',
  ]);
  assert.match(
    (await refusalsOf(fileOf("holdout: 1")))[0]!,
    /4:66 .*"holdout" must be less than 1, found 1/,
  );
  const clash = ", d.holdout: { image_folder: x, captions_file: y }";
  assert.deepEqual(await refusalsOf(fileOf("holdout: 0.5", clash)), [
    '4:57 Cannot hold out a part of dataset "d": there is a dataset "d.holdout" already',
  ]);
  assert.match(
    (await refusalsOf(
      fileOf("flip: true").replace("lr:", "dataset: d.holdout, lr:"),
    ))[0]!,
    /"dataset" names "d.holdout", which is no dataset of this file/,
  );
  const found = await findingsOf(
    `data: { flip: true }\n${fileOf("flip: true")}`,
  );
  assert.deepEqual(found.map(({ message }) => message), [
    '"data.flip" has no effect: it belongs to the pictures of data_path, and this file has none',
  ]);
});
