// `fluxline export` through the real command line: FluxFlow's files from a finished step.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { SmallProject, vaeStep } from "../acceptance/small_project.ts";
import { decodeSafetensors } from "../../lib/format/safetensors.ts";
import { FLUXLINE_VERSION } from "../../lib/exchange/file_metadata.ts";
import { testWith } from "../support/outside_program.ts";
import { python, PYTHON_SAFETENSORS } from "./python.ts";
import { currentTensors } from "../support/current_tensors.ts";

const PIPELINE = "small.yaml";
const FLOW =
  "{ name: flow, train_diff: true, n_epochs: 1, optimization: { optimizers: { flow: { type: AdamW, lr: 0.001 } } } }";

async function tensorsOf(path: string) {
  return decodeSafetensors(await Deno.readFile(path));
}

Deno.test("export writes FluxFlow's files with its names, metadata, and a report of what is ours", async () => {
  await using project = await SmallProject.open(vaeStep("vae"), FLOW);
  const trained = await project.train("--quiet");
  assert.equal(trained.code, 0, trained.err);
  const { code, out, err } = await project.run(
    ...["export", PIPELINE, "flow", "--to", "out", "--weights", "raw"],
    "--json",
  );
  assert.deepEqual([code, err], [0, ""]);
  const report = JSON.parse(out);
  const added = [
    "diffuser.expander.latent_in.bias",
    "diffuser.expander.latent_in.weight",
    "diffuser.flow_processor.latent_mean",
    "diffuser.flow_processor.latent_std",
  ];
  assert.deepEqual(
    report.files.map((file: Record<string, unknown>) => [
      file.path,
      file.components,
      file.added,
    ]),
    [
      [
        "out/flxflow_final.safetensors",
        ["compressor", "expander", "flow_processor"],
        added,
      ],
      ["out/text_encoder.safetensors", ["text_encoder"], []],
    ],
  );
  assert.deepEqual([report.weights, report.leftOut, report.tokenizer], [
    "raw",
    [],
    "out/tokenizer.json",
  ]);
  const own = await currentTensors(project.stepFolder("flow"));
  const main = await tensorsOf(project.path("out/flxflow_final.safetensors"));
  const text = await tensorsOf(project.path("out/text_encoder.safetensors"));
  assert.equal(main.tensors.size + text.tensors.size, own.size);
  for (const [name, { shape, data }] of own) {
    const found = name.startsWith("text_encoder.")
      ? text.tensors.get(name)
      : main.tensors.get(`diffuser.${name}`);
    assert.deepEqual([name, found?.shape, found?.data], [name, shape, data]);
  }
  const { metadata } = main;
  assert.equal(metadata.format_version, "1");
  assert.equal(metadata.fluxline_version, FLUXLINE_VERSION);
  assert.equal(metadata.variant, "fluxline");
  assert.equal(metadata.step, "flow");
  assert.equal(metadata.key, report.key);
  assert.deepEqual(JSON.parse(metadata.added!), added);
  assert.deepEqual(JSON.parse(metadata.source_sha256!), report.source);
  assert.equal(JSON.parse(metadata.model!).vae_dim, 8);
});

Deno.test("export takes averages by default, tells what it wrote, and replaces nothing", async () => {
  await using project = await SmallProject.open(vaeStep("vae"));
  const early = await project.run("export", PIPELINE, "vae", "--to", "out");
  assert.equal(early.code, 3);
  assert.match(
    early.err,
    /^error: Cannot export step "vae": it has not finished with these options \(run: first time\)\nhint: /,
  );
  assert.equal((await project.train("--quiet")).code, 0);
  const { code, out, err } = await project.run(
    ...["export", PIPELINE, "vae", "--to", "out"],
  );
  assert.deepEqual([code, err], [0, ""]);
  assert.match(
    out,
    /^Exported step vae \(averaged weights, variant fluxline, 6 updates\)\n {2}out\/flxflow_final\.safetensors {2}\S+ kB {2}\d+ tensors {2}compressor, expander\nNames that FluxFlow does not have: diffuser\.expander\.latent_in\.bias, diffuser\.expander\.latent_in\.weight\nFluxFlow's latents are as wide as vae_dim: it cannot load these\nTrained under variant fluxline: FluxFlow's own arithmetic makes other pictures of these weights\n$/,
  );
  const written = await tensorsOf(
    project.path("out/flxflow_final.safetensors"),
  );
  assert.equal(written.metadata.weights, "ema");
  const again = await project.run("export", PIPELINE, "vae", "--to", "out");
  assert.equal(again.code, 2);
  assert.match(
    again.err,
    /it exists already\nhint: Name a folder that does not exist/,
  );
  const wrong = await project.run("export", PIPELINE, "vea", "--to", "new");
  assert.deepEqual([wrong.code, wrong.err], [
    2,
    'error: Cannot export: pipeline "small.yaml" has no step "vea"\nhint: Name one of its steps that train: vae\n',
  ]);
});

Deno.test("the version in exported files is that of deno.json", async () => {
  const text = await Deno.readTextFile(
    new URL("../../deno.json", import.meta.url),
  );
  assert.equal(FLUXLINE_VERSION, JSON.parse(text).version);
});

testWith(
  PYTHON_SAFETENSORS,
  "Python's safetensors reads an export: names, shapes and numbers",
  async () => {
    await using project = await SmallProject.open(vaeStep("vae"));
    assert.equal((await project.train("--quiet")).code, 0);
    const { code } = await project.run(
      ...["export", PIPELINE, "vae", "--to", "out", "--weights", "raw"],
    );
    assert.equal(code, 0);
    const file = project.path("out/flxflow_final.safetensors");
    const read = await python(
      `import hashlib, json, safetensors, sys
with safetensors.safe_open(sys.argv[1], "np") as f:
    print(json.dumps([f.metadata()["variant"], {k: [list(f.get_tensor(k).shape), str(f.get_tensor(k).dtype), hashlib.sha256(f.get_tensor(k).tobytes()).hexdigest()] for k in f.keys()}]))`,
      file,
    );
    const own = await currentTensors(project.stepFolder("vae"));
    const wanted = Object.fromEntries(
      [...own].map(([name, { shape, data }]) => [`diffuser.${name}`, [
        shape,
        "float32",
        createHash("sha256").update(
          new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
        ).digest("hex"),
      ]]),
    );
    assert.deepEqual(read, ["fluxline", wanted]);
  },
);
