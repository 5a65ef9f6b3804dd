// `optimization.optim_sched_config`: FluxFlow's optimizer file, and what a legacy file takes where nothing is written.
import assert from "node:assert/strict";
import { loadPipeline } from "../../lib/config/load_pipeline.ts";
import type { Pipeline, TrainStep } from "../../lib/catalog/pipeline.ts";
import { RefusedError } from "../../lib/error/failure.ts";
import { listValues } from "../../lib/plan/resolved_node.ts";
import { resolvedValues } from "../../lib/plan/resolved_values.ts";

const DATA = "data: { data_path: pictures, captions_file: captions.tsv }\n";
const NAMED = "optimization: { optim_sched_config: optim.json }\n";

interface Answer {
  readonly errors: readonly string[];
  readonly pipeline: Pipeline | undefined;
}

async function load(text: string, json?: string): Promise<Answer> {
  const loaded = await loadPipeline("p.yaml", {
    checkPaths: false,
    readText: (path) => {
      if (path === "p.yaml") return Promise.resolve(text);
      if (json !== undefined) return Promise.resolve(json);
      return Promise.reject(new RefusedError(`Cannot read "${path}"`));
    },
  });
  const found = loaded.ok ? loaded.warnings : loaded.diagnostics;
  return {
    errors: found.filter(({ severity }) => severity === "error").map((
      { position: { file, line, column }, message },
    ) => `${file}:${line}:${column} ${message}`),
    pipeline: loaded.ok ? loaded.value : undefined,
  };
}

function onlyStep({ errors, pipeline }: Answer): TrainStep {
  assert.deepEqual(errors, []);
  const step = pipeline?.steps.at(-1);
  assert(step?.task === "train");
  return step;
}

const JSON_FILE = JSON.stringify(
  {
    optimizers: {
      flow: {
        type: "Lion",
        lr: 3e-7,
        betas: [0.9, 0.99],
        weight_decay: 0.01,
        decoupled_weight_decay: true,
      },
      text_encoder: { type: "AdamW", weight_decay: 0.02 },
      vae: { type: "SGD", lr: 0.1, momentum: 0.9 },
    },
    schedulers: {
      flow: { type: "StepLR", step_size: 100, gamma: 0.5 },
      text_encoder: { type: "CosineAnnealingLR" },
    },
  },
  null,
  2,
);

Deno.test("loadPipeline() reads optim_sched_config in a legacy file, rates and floors as FluxFlow gives them", async () => {
  const step = onlyStep(
    await load(
      `${DATA}${NAMED}training: { train_diff: true, lr: 2e-4, lr_min: 0.3 }\n`,
      JSON_FILE,
    ),
  );
  const { optimizers, schedulers } = step.optimization;
  assert.deepEqual(Object.keys(optimizers), ["flow", "text_encoder"]);
  assert.deepEqual(optimizers.flow, {
    type: "Lion",
    lr: 3e-7,
    betas: [0.9, 0.99],
    weight_decay: 0.01,
    decoupled_weight_decay: true,
  });
  // An entry without a rate takes the text encoder's share of the step's.
  assert.equal(optimizers.text_encoder?.lr, 2e-5);
  assert.equal(schedulers.flow?.type, "StepLR");
  assert.deepEqual(schedulers.text_encoder, {
    type: "CosineAnnealingLR",
    eta_min_factor: 0.3,
    warmup_steps: 0,
  });
});

Deno.test("loadPipeline() lays optim_sched_config below defaults and steps of a pipeline", async () => {
  const answer = await load(
    `${DATA}${NAMED}training:
  lr: 1e-3
  pipeline:
    defaults: { optimization: { optimizers: { vae: { lr: 0.05 } } } }
    steps:
      - { name: a, n_epochs: 1, train_vae: true }
      - { name: b, n_epochs: 1, train_vae: true, optimization: { optimizers: { vae: { momentum: 0.5 } } } }
`,
    JSON_FILE,
  );
  const rates = answer.pipeline?.steps.map((step) =>
    step.task === "train" ? step.optimization.optimizers.vae : undefined
  );
  const sgd = {
    type: "SGD",
    lr: 0.05,
    dampening: 0,
    nesterov: false,
    weight_decay: 0,
  };
  assert.deepEqual(rates, [
    { ...sgd, momentum: 0.9 },
    { ...sgd, momentum: 0.5 },
  ]);
  const origins = new Map(
    listValues(resolvedValues(answer.pipeline!)).map(({ path, origin }) =>
      [path, origin] as const
    ),
  );
  const at = (key: string) =>
    origins.get(
      `training.pipeline.steps.a.optimization.optimizers.vae.${key}`,
    );
  assert.deepEqual([at("momentum"), at("lr")], [
    "optim.json:20:19",
    "p.yaml:6:58",
  ]);
});

Deno.test("loadPipeline() blames the optimizer file at its own places, once for all steps", async () => {
  const steps = `training:
  lr: 1e-3
  pipeline:
    steps:
      - { name: a, n_epochs: 1, train_vae: true }
      - { name: b, n_epochs: 1, train_vae: true }
`;
  const wrong = `{
  "optimizers": {
    "vae": { "type": "AdamX" },
    "flow_processor": { "type": "AdamW", "lr": -1 }
  },
  "scheduler": {}
}`;
  assert.deepEqual((await load(DATA + NAMED + steps, wrong)).errors, [
    'optim.json:3:22 Cannot read "optim.json": "optimizers.vae.type" must be one of "AdamW", "Adam", "SGD", "RMSprop", "Adagrad", "Adadelta", "Lion", found the text "AdamX", did you mean "AdamW"?',
    'optim.json:4:5 Cannot read "optim.json": "optimizers" has no network "flow_processor", did you mean "flow"?',
    'optim.json:4:48 Cannot read "optim.json": "optimizers.flow_processor.lr" must be more than 0, found -1',
    'optim.json:6:3 Cannot read "optim.json": unknown key "scheduler", did you mean "schedulers"?',
  ]);
  assert.deepEqual((await load(DATA + NAMED + steps)).errors, [
    'p.yaml:2:37 Cannot use "optimization.optim_sched_config": Cannot read "optim.json"',
  ]);
  assert.deepEqual((await load(DATA + NAMED + steps, "[1]")).errors, [
    'optim.json:1:1 Cannot read "optim.json": it must hold a map, found a list of 1',
  ]);
  assert.deepEqual((await load(DATA + NAMED + steps, "")).errors, [
    'optim.json:1:1 Cannot read "optim.json": it is empty',
  ]);
});

Deno.test("loadPipeline() changes the pipeline's digest with the text of its optimizer file", async () => {
  const text = `${DATA}${NAMED}training: { train_vae: true }\n`;
  const [one, same, other] = await Promise.all([
    load(text, "{}"),
    load(text, "{}"),
    load(text, "{ }"),
  ]);
  assert.equal(one!.pipeline?.digest, same!.pipeline?.digest);
  assert.notEqual(one!.pipeline?.digest, other!.pipeline?.digest);
});

Deno.test("OF28-31, OF33, SF31-34, SF36: each network of a legacy file has FluxFlow's default set", async () => {
  const model = (variant: string) => `model: { variant: ${variant} }\n`;
  const both =
    "training: { train_vae: true, gan_training: true, train_diff: true }\n";
  const { optimization: { optimizers, schedulers } } = onlyStep(
    await load(model("fluxline") + DATA + both),
  );
  const adam = { type: "AdamW", eps: 1e-8, amsgrad: false };
  const lion = { type: "Lion", lr: 5e-7, betas: [0.9, 0.95] };
  assert.deepEqual(optimizers, {
    vae: { ...adam, lr: 5e-7, betas: [0.9, 0.95], weight_decay: 0.01 },
    flow: { ...lion, weight_decay: 0.01, decoupled_weight_decay: false },
    text_encoder: { ...adam, lr: 5e-8, betas: [0.9, 0.99], weight_decay: 0.01 },
    discriminator: {
      ...adam,
      lr: 5e-7,
      betas: [0, 0.9],
      weight_decay: 0.001,
      amsgrad: true,
    },
  });
  const cosine = { type: "CosineAnnealingLR", warmup_steps: 0 };
  assert.deepEqual(schedulers, {
    vae: { ...cosine, eta_min_factor: 0.1 },
    flow: { ...cosine, eta_min_factor: 0.1 },
    text_encoder: { ...cosine, eta_min_factor: 0.001 },
    discriminator: { ...cosine, eta_min_factor: 0.1 },
  });
  // The original's Lion, which shrinks every weight by 1 % per update, is repeated for its own variant alone.
  const original = onlyStep(
    await load(`${model("fluxflow")}${DATA}training: { train_diff: true }\n`),
  ).optimization.optimizers.flow;
  assert(original?.type === "Lion" && original.decoupled_weight_decay);
});

Deno.test("legacyOptimizers() take the step's rate: flow and vae as it is, text_encoder a tenth, discriminator the vae's own", async () => {
  const file =
    `${DATA}${NAMED}training: { train_vae: true, gan_training: true, train_diff: true, lr: 4e-4 }\n`;
  const rates = async (json: string) =>
    Object.entries(onlyStep(await load(file, json)).optimization.optimizers)
      .map(([name, entry]) => `${name} ${entry?.lr}`);
  assert.deepEqual(await rates("{}"), [
    "vae 0.0004",
    "flow 0.0004",
    "text_encoder 0.00004",
    "discriminator 0.0004",
  ]);
  assert.deepEqual(await rates('{ "optimizers": { "vae": { "lr": 0.01 } } }'), [
    "vae 0.01",
    "flow 0.0004",
    "text_encoder 0.00004",
    "discriminator 0.01",
  ]);
});
