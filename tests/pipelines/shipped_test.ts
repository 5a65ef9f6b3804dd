// Every pipeline that fluxline ships loads without a warning, and the SPADE question is asked fairly.
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Pipeline, TrainStep } from "../../lib/catalog/pipeline.ts";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import { renderDiagnostics } from "../../lib/source/diagnostic.ts";

const STEPS = [
  ...["emoji", "vae_warmup", "spade_on", "spade_off"],
  ...["compare", "flow", "generate"],
];

for (const file of ["pipelines/spade.yaml", "pipelines/quick.yaml"]) {
  Deno.test(`loadPipeline() accepts ${file}`, async () => {
    const pipeline = await loaded(file);
    deepStrictEqual(pipeline.steps.map((step) => step.name), STEPS);
    const tasks = pipeline.steps.map((step) => step.task);
    strictEqual(tasks.filter((task) => task === "train").length, 4);
  });

  Deno.test(`arms of ${file} differ in SPADE alone`, async () => {
    const { steps } = await loaded(file);
    const [on, off] = ["spade_on", "spade_off"].map((name) => {
      const step = steps.find((each) => each.name === name) as TrainStep;
      const { name: _name, description: _description, ...rest } = step;
      const { index: _index, position: _position, ...options } = rest;
      return options;
    });
    ok(on !== undefined && off !== undefined);
    strictEqual(on.train_spade, true);
    const flags = { train_spade: false, decode_spade: false };
    deepStrictEqual({ ...on, ...flags }, off);
  });

  Deno.test(`latent of ${file} has at most a quarter of the picture's numbers`, async () => {
    const { model } = await loaded(file);
    const side = 32 / 2 ** model.downscales;
    const numbers = (side * side + 1) * (model.latent_dim ?? model.vae_dim);
    ok(numbers <= 768, `${numbers}`);
  });
}

async function loaded(file: string): Promise<Pipeline> {
  const result = await loadPipeline(file);
  if (!result.ok) {
    throw new Error(renderDiagnostics(result.diagnostics, { color: false }));
  }
  deepStrictEqual(result.warnings, []);
  return result.value;
}
