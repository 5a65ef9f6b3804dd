// PI1 to PI9 and NX10: what kind of file a user wrote, and what of it reaches the steps.
import assert from "node:assert/strict";
import { loadedFrom, refusalsOf } from "../config/refusals.ts";
import { runCli } from "../cli/cli_process.ts";
import { stepsOf, textOf, VAE } from "./written_pipeline.ts";

const DATA = "data: { data_path: icons, captions_file: icons.tsv }\n";

Deno.test("PI1: a file without a pipeline is a legacy one, of one step", async () => {
  const { mode, steps } = await loadedFrom(
    `${DATA}training: { n_epochs: 2, train_vae: true, lr: 1e-4 }\n`,
  );
  assert.deepEqual([mode, steps.length], ["legacy", 1]);
});

Deno.test("PI2, PI3: an empty file and an empty section train nothing and are refused, each in its words", async () => {
  for (const text of ["", "null\n"]) {
    assert.deepEqual(await refusalsOf(text), [
      '1:1 Cannot read "p.yaml": it is empty',
    ]);
  }
  const found = await refusalsOf(`${DATA}training:\n`);
  assert.deepEqual(found, ['2:1 Cannot read "training": it trains nothing']);
});

Deno.test("PI4: a file with a pipeline is one, with an empty one too", async () => {
  assert.equal((await loadedFrom(textOf([VAE]))).mode, "pipeline");
  assert.deepEqual(await refusalsOf(`${DATA}training: { pipeline: }\n`), [
    '2:13 Cannot read "training.pipeline": it has no steps',
  ]);
});

Deno.test("PI8: data_path and captions_file of the file are the data of its steps", async () => {
  const written = await loadedFrom(textOf([VAE]));
  const [step] = await stepsOf(textOf([VAE]));
  const entry = written.datasets[step!.dataset!]!;
  assert.ok(entry.type === "local");
  const { image_folder, captions_file } = entry;
  assert.deepEqual([image_folder, captions_file], ["pictures", "captions.tsv"]);
});

Deno.test("PI9: validate is a command, which writes nothing and answers 0 or 3", async () => {
  const folder = await Deno.makeTempDir();
  const right = await runCli(["validate", "pipelines/fluxflow/minimal.yaml"]);
  assert.equal(right.code, 0, right.err);
  await Deno.writeTextFile(`${folder}/p.yaml`, "training: { pipeline: }\n");
  const wrong = await runCli(["validate", "p.yaml"], { cwd: folder });
  assert.equal(wrong.code, 3);
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), [
    "p.yaml",
  ]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("NX10: what a step freezes is its own: the step before it has no say", async () => {
  const steps = await stepsOf(textOf([
    { ...VAE, freeze: ["flow_processor", "text_encoder"] },
    { name: "flow", n_epochs: 1, train_diff: true },
    { ...VAE, name: "again" },
  ]));
  assert.deepEqual(steps.map(({ trains }) => trains), [
    ["compressor", "expander"],
    ["flow_processor"],
    ["compressor", "expander"],
  ]);
  const [vae, flow, again] = steps.map(({ frozen }) => frozen);
  assert.deepEqual(vae, ["flow_processor", "text_encoder"]);
  assert.ok(!flow!.includes("flow_processor"), flow!.join());
  assert.deepEqual(again, []);
});

Deno.test("NX13: an unknown key is refused with the nearest one", async () => {
  const found = await refusalsOf(textOf([{ ...VAE, train_spad: true }]));
  assert.equal(found.length, 1);
  assert.match(found[0]!, /"train_spad"/);
});
