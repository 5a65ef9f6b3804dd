// What a good file becomes: merged, resolved, with defaults.
import assert from "node:assert/strict";
import { locate } from "../../lib/source/located_tree.ts";
import type { Pipeline, Step, TrainStep } from "../../lib/catalog/pipeline.ts";
import { findingsOf, loadedFrom, pipelineOf, stepOf } from "./refusals.ts";

const SPADE = await Deno.readTextFile(
  new URL("../fixtures/config/spade.yaml", import.meta.url),
);

function stepNamed(pipeline: Pipeline, name: string): Step {
  return pipeline.steps.find((step) => step.name === name)!;
}

function trainStepNamed(pipeline: Pipeline, name: string): TrainStep {
  const step = stepNamed(pipeline, name);
  if (step.task !== "train") throw new Error(`Step "${name}" does not train`);
  return step;
}

Deno.test("loadPipeline() resolves what each step waits for and whose weights it uses", async () => {
  const pipeline = await loadedFrom(SPADE);
  assert.deepEqual(pipeline.steps.map(({ name, needs }) => [name, needs]), [
    ["emoji", []],
    ["vae_warmup", ["emoji"]],
    ["spade_on", ["vae_warmup", "emoji"]],
    ["spade_off", ["vae_warmup", "emoji"]],
    ["compare", ["spade_on", "spade_off", "emoji"]],
    ["flow", ["spade_on", "emoji"]],
    ["generate", ["flow", "spade_on"]],
  ]);
  const flow = trainStepNamed(pipeline, "flow");
  assert.deepEqual(flow.init_from, {
    compressor: "spade_on",
    expander: "spade_on",
  });
  assert.deepEqual([flow.trains, flow.frozen], [["flow_processor"], [
    "compressor",
    "expander",
    "text_encoder",
  ]]);
  assert.equal(flow.decode_spade, true);
  const compare = stepNamed(pipeline, "compare");
  assert(compare.task === "compare");
  assert.deepEqual(compare.arms_spade, [true, false]);
  const generate = stepNamed(pipeline, "generate");
  assert(generate.task === "generate");
  assert.equal(generate.from, "flow");
  assert.equal(generate.timeout_seconds, 120);
  assert.deepEqual(generate.init_from, {
    compressor: "spade_on",
    expander: "spade_on",
    flow_processor: "flow",
  });
});

Deno.test("loadPipeline() passes weights on through steps that do not train them", async () => {
  const pipeline = await loadedFrom(pipelineOf(
    "      - { name: vae, n_epochs: 1, train_vae: true, train_spade: true }\n" +
      "      - { name: flow, n_epochs: 1, train_diff: true }\n" +
      "      - { name: look, task: evaluate, of: vae }\n" +
      "      - { name: vae_again, n_epochs: 1, train_vae: true }\n" +
      "      - { name: flow_again, n_epochs: 1, train_diff: true }\n",
  ));
  assert.deepEqual(trainStepNamed(pipeline, "flow").init_from, {
    compressor: "vae",
    expander: "vae",
  });
  // "look" waits for "vae" (of) and "flow" (before it); the latter continues from the former, so its weights are meant.
  assert.deepEqual(trainStepNamed(pipeline, "flow_again").init_from, {
    compressor: "vae_again",
    expander: "vae_again",
    flow_processor: "flow",
  });
});

Deno.test("loadPipeline() merges defaults key by key, and lists and scalars replace", async () => {
  const pipeline = await loadedFrom(pipelineOf(
    "      - { name: a, n_epochs: 1, train_vae: true, batch_size: 8, freeze: [text_encoder] }\n" +
      "      - { name: b, train_vae: true, max_steps: null, optimization: { optimizers: { vae: { lr: 5e-4 } } } }\n" +
      "      - { name: c, train_vae: true, optimization: { optimizers: { vae: { type: SGD } } } }\n",
    "    defaults: { n_epochs: 4, max_steps: 7, freeze: [flow, D_img], kl_beta: 1e-3,\n" +
      "      optimization: { optimizers: { vae: { type: RMSprop, lr: 1e-4, alpha: 0.95 } }, schedulers: { vae: { type: ConstantLR } } } }\n",
  ));
  const [a, b, c] = ["a", "b", "c"].map((name) =>
    trainStepNamed(pipeline, name)
  );
  assert.deepEqual([a!.n_epochs, a!.max_steps, a!.batch_size, a!.freeze], [
    1,
    7,
    8,
    ["text_encoder"],
  ]);
  assert.deepEqual([b!.n_epochs, b!.max_steps, b!.freeze], [4, null, [
    "flow_processor",
    "discriminator",
  ]]);
  assert.deepEqual([a!.kl_beta, a!.lr], [1e-3, 1e-3]);
  assert.deepEqual(b!.optimization.optimizers.vae, {
    type: "RMSprop",
    lr: 5e-4,
    alpha: 0.95,
    eps: 1e-8,
    weight_decay: 0,
    momentum: 0,
    centered: false,
  });
  // Options of another type mean nothing to this one, so the map is replaced as a whole; the rate is then the step's.
  assert.deepEqual(c!.optimization.optimizers.vae, {
    type: "SGD",
    lr: 1e-3,
    momentum: 0,
    dampening: 0,
    nesterov: false,
    weight_decay: 0,
  });
  assert.deepEqual(c!.optimization.schedulers.vae, {
    type: "ConstantLR",
    factor: 1,
    total_iters: null,
    warmup_steps: 0,
  });
});

Deno.test("loadPipeline() keeps the place of every written value, merged ones included", async () => {
  const pipeline = await loadedFrom(SPADE, [
    "training.pipeline.steps.spade_on.batch_size=2",
  ]);
  const merged = pipeline.sources.steps["spade_on"]!.merged;
  function lineOf(...path: string[]): string {
    const { file, line } = locate(merged, path)!.place.position;
    return `${file}:${line}`;
  }
  assert.equal(lineOf("batch_size"), "--set#1:1");
  assert.equal(lineOf("n_epochs"), "p.yaml:14");
  assert.equal(lineOf("optimization", "optimizers", "vae", "lr"), "p.yaml:32");
  assert.equal(
    lineOf("optimization", "optimizers", "vae", "betas"),
    "p.yaml:17",
  );
  assert.equal(locate(merged, ["kl_beta"]), undefined);
});

Deno.test("loadPipeline() takes the batch size from the step, its dataset, defaults and training, in this order", async () => {
  const text = (step: string, dataset: string, defaults: string) =>
    `training:\n  lr: 1e-3\n  batch_size: 3\n  pipeline:\n    defaults: {${defaults}}\n    datasets: { d: { image_folder: x, captions_file: y${dataset} } }\n` +
    `    default_dataset: d\n    steps:\n      - { name: a, n_epochs: 1, train_vae: true${step} }\n`;
  const sizes = await Promise.all([
    text(", batch_size: 6", ", batch_size: 5", " batch_size: 4 "),
    text("", ", batch_size: 5", " batch_size: 4 "),
    text("", "", " batch_size: 4 "),
    text("", "", ""),
  ].map(async (one) => trainStepNamed(await loadedFrom(one), "a").batch_size));
  assert.deepEqual(sizes, [6, 5, 4, 3]);
});

Deno.test("loadPipeline() fills in what FluxFlow creates by itself, and a scheduler that works", async () => {
  const { optimization } = trainStepNamed(
    await loadedFrom(stepOf("lr_min: 0.2")),
    "a",
  );
  assert.deepEqual(optimization, {
    optimizers: {
      vae: {
        type: "AdamW",
        lr: 1e-3,
        betas: [0.9, 0.999],
        eps: 1e-8,
        weight_decay: 0.01,
        amsgrad: false,
      },
    },
    schedulers: {
      vae: { type: "CosineAnnealingLR", eta_min_factor: 0.2, warmup_steps: 0 },
    },
  });
});

Deno.test("loadPipeline() warns about a rate that nobody wrote", async () => {
  const text =
    "data: { data_path: a, captions_file: b }\ntraining: { train_vae: true, pipeline: { steps: [{ name: a, n_epochs: 1, train_vae: true }] } }\n";
  assert.deepEqual(
    (await findingsOf(text)).map(({ severity, message }) =>
      `${severity}: ${message}`
    ),
    [
      'warning: "training.train_vae" has no effect beside "training.pipeline"',
      'warning: The learning rate of step "a" is FluxFlow\'s automatic one, 5e-7, which hardly learns',
    ],
  );
});

Deno.test("loadPipeline() makes one step of a legacy file", async () => {
  const pipeline = await loadedFrom(
    "data: { data_path: pictures, captions_file: c.tsv }\ntraining: { n_epochs: 3, train_vae: true, batch_size: 4, lr: 1e-4, preserve_lr: true }\n",
  );
  assert.equal(pipeline.mode, "legacy");
  assert.equal(pipeline.name, "p");
  const step = trainStepNamed(pipeline, "train");
  assert.deepEqual([step.n_epochs, step.batch_size, step.dataset, step.needs], [
    3,
    4,
    "default",
    [],
  ]);
  assert.equal(step.optimization.optimizers.vae?.lr, 1e-4);
  const dataset = pipeline.datasets["default"];
  assert.ok(dataset?.type === "local");
  assert.equal(dataset.image_folder, "pictures");
});

Deno.test("loadPipeline() reads a FluxFlow file: empty sections, aliases of components, merge keys", async () => {
  const pipeline = await loadedFrom(`model:
data: { data_path: a, captions_file: b }
training:
  pipeline:
    mode: sequential
    datasets:
    defaults:
    steps:
      - &first
        name: one
        n_epochs: 2
        lr: 1e-5
        train_vae: true
        freeze: [flow, text_encoder, D_img]
        unfreeze:
        transition_on: { mode: loss_threshold, metric: vae, threshold: 0.1, max_epochs: 2 }
      - <<: *first
        name: two
        train_spade: true
output:
`);
  const two = trainStepNamed(pipeline, "two");
  assert.deepEqual(two.freeze, [
    "flow_processor",
    "text_encoder",
    "discriminator",
  ]);
  assert.deepEqual(two.frozen, two.freeze);
  assert.deepEqual(two.transition_on, {
    mode: "loss_threshold",
    metric: "vae_loss",
    threshold: 0.1,
    max_epochs: 2,
    window: 20,
    direction: "below",
  });
  assert.equal(two.position.line, 18);
});

Deno.test("loadPipeline() digests the text and the overrides", async () => {
  const [plain, again, other] = await Promise.all([
    loadedFrom(SPADE),
    loadedFrom(SPADE),
    loadedFrom(SPADE, ["seed=8"]),
  ]);
  assert.equal(plain!.digest, again!.digest);
  assert.notEqual(plain!.digest, other!.digest);
  assert.match(plain!.digest, /^[0-9a-f]{64}$/);
  assert.deepEqual([plain!.seed, other!.seed], [7, 8]);
});

Deno.test("loadPipeline() orders thousands of steps in a row without exhausting the stack", async () => {
  const steps = Array.from(
    { length: 5000 },
    (_, index) =>
      `      - { name: s${4999 - index}, task: script, uses: x.ts, needs: [${
        index === 4999 ? "" : `s${4998 - index}`
      }] }\n`,
  );
  const pipeline = await loadedFrom(pipelineOf(steps.join("")));
  assert.equal(pipeline.steps.length, 5000);
});
