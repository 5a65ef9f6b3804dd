// FluxFlow's own example pipelines, written anew: each loads, asks what it says that it asks, and the minimal one trains in tests/acceptance/papers_run_test.ts.
import assert from "node:assert/strict";
import type { Pipeline, TrainStep } from "../../lib/catalog/pipeline.ts";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import { renderDiagnostics } from "../../lib/source/diagnostic.ts";

const FOLDER = "pipelines/fluxflow";

async function loaded(name: string): Promise<Pipeline> {
  const result = await loadPipeline(`${FOLDER}/${name}.yaml`);
  const found = result.ok ? result.warnings : result.diagnostics;
  assert.equal(renderDiagnostics(found, { color: false }), "");
  if (!result.ok) throw new Error("unreachable");
  return result.value;
}

function trainStep({ steps }: Pipeline, name: string): TrainStep {
  const step = steps.find((one) => one.name === name);
  assert(step?.task === "train");
  return step;
}

Deno.test("pipelines/fluxflow holds FluxFlow's five examples", () => {
  const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();
  assert.deepEqual(names, [
    "baseline_comparison.yaml",
    "cfg.yaml",
    "gan_only.yaml",
    "minimal.yaml",
    "multi_dataset.yaml",
  ]);
});

Deno.test("minimal.yaml writes no optimizer and no scheduler, and has both", async () => {
  const pipeline = await loaded("minimal");
  for (const [name, network] of [["vae", "vae"], ["flow", "flow"]] as const) {
    const { optimizers, schedulers } = trainStep(pipeline, name).optimization;
    assert.equal(optimizers[network]?.type, "AdamW");
    assert.equal(schedulers[network]?.type, "CosineAnnealingLR");
  }
});

Deno.test("baseline_comparison.yaml trains both arms from one ancestor with the same updates and data", async () => {
  const pipeline = await loaded("baseline_comparison");
  const arms = ["treatment", "baseline"].map((name) => {
    const { dataset, batch_size, n_epochs, max_steps, init_from } = trainStep(
      pipeline,
      name,
    );
    return { dataset, batch_size, n_epochs, max_steps, init_from };
  });
  const [treatment, baseline] = arms;
  assert.deepEqual(treatment, baseline);
  assert.deepEqual(baseline?.init_from, {
    compressor: "warmup",
    expander: "warmup",
  });
});

Deno.test("multi_dataset.yaml gives each step its data set, with that one's batch size", async () => {
  const pipeline = await loaded("multi_dataset");
  const used = ["vae_white", "vae_black", "flow"].map((name) => {
    const { dataset, batch_size } = trainStep(pipeline, name);
    return [dataset, batch_size];
  });
  assert.deepEqual(used, [["white", 8], ["black", 4], ["white", 8]]);
});

Deno.test("gan_only.yaml trains the VAE by the discriminator's word alone", async () => {
  const step = trainStep(await loaded("gan_only"), "gan");
  assert.deepEqual([step.train_vae, step.gan_training], [false, true]);
  assert.deepEqual(step.trains, ["compressor", "expander", "discriminator"]);
});

Deno.test("cfg.yaml drops captions while it trains and guides when it draws", async () => {
  const pipeline = await loaded("cfg");
  assert.equal(trainStep(pipeline, "flow").cfg_dropout_prob, 0.1);
  const scales = pipeline.steps.flatMap((step) =>
    step.task === "generate" ? [step.guidance_scale] : []
  );
  assert.deepEqual(scales, [1, 3]);
});
