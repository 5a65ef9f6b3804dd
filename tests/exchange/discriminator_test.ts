// The discriminator in FluxFlow's files, through the real command line: out under its names, back bit for bit.
import assert from "node:assert/strict";
import {
  PIPELINE,
  SmallProject,
  vaeStep,
} from "../acceptance/small_project.ts";
import { foreignName, ownName } from "../../lib/exchange/file_names.ts";
import { decodeSafetensors } from "../../lib/format/safetensors.ts";
import { currentTensors } from "../support/current_tensors.ts";

const FILE = "D_img.safetensors";
/** A rate that is zero in 32 bits moves no weight. */
const STILL =
  "optimization: { optimizers: { vae: { type: AdamW, lr: 1e-60 }, discriminator: { type: AdamW, lr: 1e-60 } } }";

Deno.test("names of the discriminator are D_img's in files", () => {
  const own = "discriminator.backbone.2.conv1.0.weight_orig";
  assert.equal(foreignName(own), "D_img.backbone.2.conv1.0.weight_orig");
  assert.equal(ownName(foreignName(own)), own);
  assert.equal(ownName(own), null);
});

Deno.test("a discriminator is exported as D_img.safetensors and read by the steps that have one", async () => {
  await using project = await SmallProject.open(
    vaeStep("gan", "gan_training: true"),
  );
  const small = (await Deno.readTextFile(project.path(PIPELINE)))
    .replace("model:\n", "model:\n  disc_base: 4\n  disc_depth: 2\n");
  await project.write(PIPELINE, small);
  const trained = await project.train("--quiet");
  assert.equal(trained.code, 0, trained.err);
  const { code, out, err } = await project.run(
    ...["export", PIPELINE, "gan", "--to", "out", "--json"],
  );
  assert.equal(code, 0, err);
  const report = JSON.parse(out);
  assert.deepEqual(
    report.files.map((file: { path: string }) => file.path),
    ["out/flxflow_final.safetensors", `out/${FILE}`],
  );
  assert.deepEqual(report.leftOut, []);

  const start = async (more: string) => {
    const steps = small.replace(/\{ name: gan.*/, vaeStep("again", more));
    await project.write(PIPELINE, `model_checkpoint: out\n${steps}`);
  };
  await start(`gan_training: true, ${STILL}`);
  const again = await project.train("--quiet");
  assert.equal(again.code, 0, again.err);
  const exported = decodeSafetensors(
    await Deno.readFile(project.path("out", FILE)),
  );
  const tensors = await currentTensors(project.stepFolder("again"));
  const own = [...tensors].filter(([name]) =>
    name.startsWith("discriminator.")
  );
  assert.equal(own.length, exported.tensors.size);
  // The vectors of the spectral norms move on with every pass; nothing else does.
  for (const [name, { shape, data }] of own) {
    const found = exported.tensors.get(foreignName(name));
    assert.deepEqual(found?.shape, shape);
    if (!/weight_[uv]$/.test(name)) {
      assert.deepEqual([...found!.data], [...data]);
    }
  }

  const sizes = ["--set", "model.disc_base=8"];
  const other = await project.run("plan", PIPELINE, ...sizes);
  assert.equal(other.code, 3);
  assert.match(other.err, /"model\.disc_base" is 4 there and 8 here/);
  await start("");
  const without = await project.run("plan", PIPELINE, ...sizes);
  assert.equal(without.code, 0, without.err);
});
