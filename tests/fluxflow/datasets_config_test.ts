// MD1 to MD21: what FluxFlow's tests ask of named data sets, asked of ours.
import assert from "node:assert/strict";
import { stringify } from "yaml";
import { loadedFrom, refusalsOf } from "../config/refusals.ts";
import { stepsOf, textOf, VAE } from "./written_pipeline.ts";

const ICONS = { type: "local", image_folder: "i", captions_file: "c.tsv" };

const WEB = { type: "webdataset", webdataset_url: "https://h/{0,1}.tar" };

function fileOf(pipeline: object, ...steps: readonly object[]): string {
  return textOf(steps.length === 0 ? [VAE] : steps, pipeline);
}

async function messages(pipeline: object, step: object = VAE): Promise<string> {
  return (await refusalsOf(fileOf(pipeline, step))).join("\n");
}

Deno.test("MD1: a local data set has neither batch size nor workers of its own", async () => {
  const { datasets } = await loadedFrom(fileOf({ datasets: { icons: ICONS } }));
  const { type, batch_size, workers } = datasets["icons"]!;
  assert.deepEqual([type, batch_size, workers], ["local", null, null]);
});

Deno.test("MD2: a web data set reads png, json and prompt; how many samples it has is counted, not written", async () => {
  const { datasets } = await loadedFrom(fileOf({ datasets: { web: WEB } }));
  const web = datasets["web"];
  assert.ok(web?.type === "webdataset");
  assert.deepEqual([
    web.webdataset_image_key,
    web.webdataset_label_key,
    web.webdataset_caption_key,
    web.batch_size,
    web.workers,
  ], ["png", "json", "prompt", null, null]);
  assert.equal("webdataset_size" in web, false);
});

Deno.test("MD3: a data set keeps its own batch size and workers", async () => {
  const icons = { ...ICONS, batch_size: 6, workers: 2 };
  const { datasets } = await loadedFrom(fileOf({ datasets: { icons } }));
  const { batch_size, workers } = datasets["icons"]!;
  assert.deepEqual([batch_size, workers], [6, 2]);
});

Deno.test("MD4: one local data set loads", async () => {
  const { datasets } = await loadedFrom(fileOf({ datasets: { icons: ICONS } }));
  const icons = datasets["icons"];
  assert.ok(icons?.type === "local");
  assert.equal(icons.image_folder, "i");
});

Deno.test("MD5: a local and a web data set load side by side", async () => {
  const both = { icons: ICONS, web: WEB };
  const { datasets } = await loadedFrom(fileOf({ datasets: both }));
  assert.deepEqual(
    Object.values(datasets).map(({ type }) => type).sort(),
    ["local", "local", "webdataset"],
  );
});

Deno.test("MD6: overrides reach the steps that use the data set", async () => {
  const icons = { ...ICONS, batch_size: 6, workers: 2 };
  const [step] = await stepsOf(
    fileOf({ datasets: { icons } }, { ...VAE, dataset: "icons" }),
  );
  assert.deepEqual([step!.batch_size, step!.workers], [6, 2]);
});

Deno.test("MD7: default_dataset is the data of steps that name none", async () => {
  const pipeline = { datasets: { icons: ICONS }, default_dataset: "icons" };
  assert.equal((await stepsOf(fileOf(pipeline)))[0]!.dataset, "icons");
});

Deno.test("MD8: a step keeps the data set that it names", async () => {
  const [step] = await stepsOf(
    fileOf({ datasets: { icons: ICONS } }, { ...VAE, dataset: "icons" }),
  );
  assert.equal(step!.dataset, "icons");
});

Deno.test("MD9: a step without a data set stays empty as written and takes the default one", async () => {
  const pipeline = { datasets: { icons: ICONS }, default_dataset: "icons" };
  const loaded = await loadedFrom(fileOf(pipeline));
  const { own } = loaded.sources.steps["vae"]!;
  assert.equal(own.entries.has("dataset"), false);
});

Deno.test("MD10: two steps use two data sets", async () => {
  const datasets = { icons: ICONS, photos: { ...ICONS, image_folder: "p" } };
  const steps = await stepsOf(fileOf(
    { datasets },
    { ...VAE, dataset: "icons" },
    { ...VAE, name: "two", dataset: "photos" },
  ));
  assert.deepEqual(steps.map(({ dataset }) => dataset), ["icons", "photos"]);
});

Deno.test("MD11: a local data set without image_folder: the field is named", async () => {
  const datasets = { icons: { captions_file: "c" } };
  assert.match(await messages({ datasets }), /"image_folder" is missing/);
});

Deno.test("MD12: a local data set without captions_file: the field is named", async () => {
  const datasets = { icons: { image_folder: "i" } };
  assert.match(await messages({ datasets }), /"captions_file" is missing/);
});

Deno.test("MD13: a web data set without an address: the field is named", async () => {
  const found = await messages({ datasets: { pairs: { type: "webdataset" } } });
  assert.match(found, /"webdataset_url"/);
});

Deno.test("MD14: a web data set without a token loads, since only the server knows whether it wants one", async () => {
  const { datasets } = await loadedFrom(fileOf({ datasets: { web: WEB } }));
  const web = datasets["web"];
  assert.ok(web?.type === "webdataset");
  assert.equal(web.token_variable, null);
});

Deno.test("MD15: an unknown type of data set", async () => {
  const datasets = { icons: { ...ICONS, type: "ftp" } };
  assert.match(await messages({ datasets }), /"type" must be one of "local"/);
});

Deno.test("MD16: a default that is not among the data sets", async () => {
  const pipeline = { datasets: { icons: ICONS }, default_dataset: "icon" };
  assert.match(await messages(pipeline), /"icon".*did you mean "icons"\?/);
});

Deno.test("MD17: a step that references an unknown data set", async () => {
  const step = { ...VAE, dataset: "photos" };
  assert.match(
    await messages({ datasets: { icons: ICONS } }, step),
    /"dataset" names "photos", which is no dataset of this file/,
  );
});

Deno.test("MD18: a default without any data sets", async () => {
  assert.match(await messages({ default_dataset: "x" }), /names "x", which is/);
});

Deno.test("MD19: a step's data set without any data sets", async () => {
  assert.match(await messages({}, { ...VAE, dataset: "x" }), /names "x"/);
});

Deno.test("MD20: without the key there are no named data sets and no default one", async () => {
  const text = stringify({
    training: {
      pipeline: { steps: [{ name: "s", task: "script", uses: "s.ts" }] },
    },
  });
  assert.deepEqual((await loadedFrom(text)).datasets, {});
});

Deno.test("MD21: an empty map of data sets is right", async () => {
  assert.deepEqual(await refusalsOf(fileOf({ datasets: {} })), []);
});
