// `fluxline import` through the real command line: FluxFlow's output folder becomes one from which a pipeline starts.
import assert from "node:assert/strict";
import { parse } from "yaml";
import { PIPELINE, SmallProject } from "../acceptance/small_project.ts";
import { buildWordTokenizer } from "../../lib/data/tokenizer.ts";
import { FLUXLINE_VERSION } from "../../lib/exchange/file_metadata.ts";
import { ownName } from "../../lib/exchange/file_names.ts";
import { digestFile } from "../../lib/disk/digest.ts";
import { decodeSafetensors } from "../../lib/format/safetensors.ts";
import {
  ORIGINAL_MODEL,
  originalTensors,
  writeOriginal,
} from "./original_files.ts";
import { currentTensors } from "../support/current_tensors.ts";

/** A rate that is zero in 32 bits moves no weight. */
const STILL = (network: string) => `${network}: { type: AdamW, lr: 1e-60 }`;
const MAIN = "flxflow_final.safetensors";

/** A project beside the original's folder, which has a tokenizer of its captions' words. */
async function openProject(...steps: readonly string[]): Promise<SmallProject> {
  const project = await SmallProject.open(...steps);
  await writeOriginal(project.path("original"));
  await project.write(
    "original/tokenizer.json",
    JSON.stringify(buildWordTokenizer(["a red heart", "a blue star"], 64)),
  );
  return project;
}

Deno.test("import writes what it checked, tells the sizes that shapes tell, and where the run stood", async () => {
  await using project = await openProject("{ name: none }");
  const { code, out, err } = await project.run(
    ...["import", "original", "--to", "imported", "--json"],
  );
  assert.deepEqual([code, err], [0, ""]);
  const report = JSON.parse(out);
  assert.deepEqual(report.assumed, [
    "vae_heads",
    "expander_dilation",
    "flow_heads",
    "text_encoder.heads",
  ]);
  assert.deepEqual(report.model, {
    ...ORIGINAL_MODEL,
    latent_dim: null,
    vae_heads: 8,
    expander_dilation: 2,
    flow_heads: 8,
    text_encoder: { ...ORIGINAL_MODEL.text_encoder, heads: 12 },
  });
  assert.deepEqual(report.position, {
    version: "2.0",
    timestamp: "2026-01-12T08:30:00",
    step: { index: 1, name: "flow", total: 2 },
    epoch: 3,
    batch: 75,
    globalStep: 2500,
    completed: ["vae"],
  });
  for (const [name, tensors] of originalTensors()) {
    const source = project.path("original", name);
    const found = decodeSafetensors(
      await Deno.readFile(project.path("imported", name)),
    );
    assert.deepEqual(found.tensors, tensors);
    assert.deepEqual(found.metadata, {
      format: "pt",
      imported_with: FLUXLINE_VERSION,
      imported_sha256: JSON.stringify({
        [name]: (await digestFile(source)).sha256,
      }),
    });
  }
  const names = [...Deno.readDirSync(project.path("imported"))];
  assert.deepEqual(names.map(({ name }) => name).sort(), [
    "D_img.safetensors",
    MAIN,
    "text_encoder.safetensors",
    "tokenizer.json",
  ]);
  assert.equal(report.start, startOf(report.model));
});

Deno.test("import as text: components, files, what is not read, the position, and the pipeline's lines", async () => {
  await using project = await openProject("{ name: none }");
  const { code, out, err } = await project.run(
    ...["import", "original", "--to", "imported"],
  );
  assert.deepEqual([code, err], [0, ""]);
  const [head, start] = out.split("A pipeline starts from them with\n\n");
  assert.match(
    head!,
    /^Imported weights of variant fluxflow\n {2}compressor {6}\d+ tensors {2}fits\n {2}expander /,
  );
  for (
    const line of [
      "training_states.pt: a pickle, which can run any program when it is read; its optimizer states start anew\n",
      'The original run stood at step 2 of 2 "flow", epoch 3, batch 75, global step 2500, finished steps: vae\n',
      "  imported/tokenizer.json\n",
    ]
  ) assert.ok(head!.includes(line), head);
  const read = parse(start!);
  assert.equal(read.model_checkpoint, "imported");
  assert.equal(read.model.vae_dim, 8);
  assert.match(start!, /vae_heads: 8 # FluxFlow's own value/);
});

Deno.test("a pipeline with the printed lines starts from the imported weights, and from none of another variant", async () => {
  const rates = [STILL("flow"), STILL("text_encoder")].join(", ");
  const still = [STILL("vae"), STILL("discriminator")].join(", ");
  await using project = await openProject(
    `{ name: gan, train_vae: true, gan_training: true, adaptive_weights: false, n_epochs: 1, optimization: { optimizers: { ${still} } } }`,
    `{ name: flow, train_diff: true, n_epochs: 1, optimization: { optimizers: { ${rates} } } }`,
  );
  const made = await project.run("import", "original", "--to", "in", "--json");
  assert.equal(made.code, 0, made.err);
  // Heads and dilation are no shape: the user writes those with which the model was trained.
  const start = (JSON.parse(made.out).start as string)
    .replace(/vae_heads: 8.*/, "vae_heads: 2")
    .replace(/flow_heads: 8.*/, "flow_heads: 2")
    .replace(/expander_dilation: 2.*/, "expander_dilation: 1")
    .replace(/ heads: 12.*/, " heads: 2");
  const text = await Deno.readTextFile(project.path(PIPELINE));
  const pipeline = (lines: string) =>
    `name: small\nseed: 3\n${lines}${text.slice(text.indexOf("data: {"))}`;
  await project.write(
    PIPELINE,
    pipeline(start.replace("fluxflow", "fluxline")),
  );
  const other = await project.run("plan", PIPELINE);
  assert.equal(other.code, 3);
  assert.match(
    other.err,
    /files without fluxline's metadata are of variant "fluxflow"/,
  );
  await project.write(PIPELINE, pipeline(start));
  const { code, err } = await project.train("--quiet");
  assert.equal(code, 0, err);
  const [judged, trained] = await Promise.all(
    ["gan", "flow"].map((step) => currentTensors(project.stepFolder(step))),
  );
  let compared = 0;
  for (const tensors of originalTensors().values()) {
    for (const [foreign, { data }] of tensors) {
      const name = ownName(foreign)!;
      // The vectors of the spectral norms move on with every pass.
      if (/weight_[uv]$/.test(name)) continue;
      // A rate of zero turns 0 into -0.
      const own = (trained!.get(name) ?? judged!.get(name))?.data.map((value) =>
        value + 0
      );
      assert.deepEqual([name, own], [name, data]);
      compared++;
    }
  }
  assert.ok(compared > 200, String(compared));
});

function startOf(model: Readonly<Record<string, unknown>>): string {
  const lines = (entries: Readonly<Record<string, unknown>>, indent: string) =>
    Object.entries(entries).filter(([, value]) => value !== null)
      .map(([key, value]): string => {
        const isAssumed = ["vae_heads", "flow_heads", "expander_dilation"]
          .includes(key) || (key === "heads");
        return typeof value === "object"
          ? `${indent}${key}:\n${
            lines(value as Record<string, unknown>, `${indent}  `)
          }`
          : `${indent}${key}: ${JSON.stringify(value)}${
            isAssumed ? " # FluxFlow's own value: no file tells this one" : ""
          }\n`;
      }).join("");
  return `model_checkpoint: "imported"\nmodel:\n${lines(model, "  ")}`;
}
