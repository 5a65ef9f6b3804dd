// TM1 to TM13, SC and NX7: what each kind of training needs, and that a step's own numbers reach its training.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { TrainStep } from "../../lib/catalog/pipeline.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { readMetricRows } from "../../lib/metrics/metric_log.ts";
import { trainingKinds } from "../../lib/plan/training_kinds.ts";
import {
  flowStep,
  requestOf,
  TinyProject,
  train,
  vaeStep,
} from "../train/tiny_step.ts";
import { messagesOf, stepsOf, textOf, VAE } from "./written_pipeline.ts";

await startEngine("wasm");

const ON = { n_epochs: 1 };
const FLOW = ["flow_processor"];
/** Flags of a step, how the plan calls it, what it trains, and what it needs beside that. */
const MODES: readonly (readonly [object, string, string[], string[]])[] = [
  [{ train_vae: true }, "VAE (SPADE off)", ["compressor", "expander"], []],
  [
    { train_vae: true, train_spade: true },
    "VAE (SPADE on)",
    ["compressor", "expander"],
    [],
  ],
  [
    { gan_training: true },
    "GAN alone (SPADE off)",
    ["compressor", "expander", "discriminator"],
    [],
  ],
  [{ train_spade: true }, "SPADE alone", ["expander"], ["compressor"]],
  [{ train_diff: true }, "flow", FLOW, [
    "compressor",
    "expander",
    "text_encoder",
  ]],
  [{ train_diff_full: true }, "flow", FLOW, [
    "compressor",
    "expander",
    "text_encoder",
  ]],
  [
    { train_vae: true, gan_training: true, train_diff: true },
    "VAE (SPADE off) + GAN + flow",
    ["compressor", "expander", "discriminator", "flow_processor"],
    ["text_encoder"],
  ],
];

Deno.test("TM1-12: each kind of training has its words, its networks and those that it needs beside them", async () => {
  for (const [flags, words, trains, beside] of MODES) {
    const [first, step] = await stepsOf(
      textOf([VAE, { name: "b", ...ON, ...flags }]),
    );
    assert.equal(trainingKinds(step!), words);
    assert.deepEqual(step!.trains.toSorted(), trains.toSorted(), words);
    const needed = [...trains, ...beside].toSorted();
    assert.deepEqual(step!.components.toSorted(), needed, words);
    assert.deepEqual(first!.trains, ["compressor", "expander"]);
  }
});

Deno.test("TM13: a step of no kind is refused", async () => {
  assert.match(await messagesOf({ name: "none", ...ON }), /trains nothing/);
});

Deno.test("NX7: a step's own batch size, rate, floor, clipping and caption dropout reach its training", async () => {
  using project = new TinyProject(6);
  const rowsOf = async (name: string, step: TrainStep, vae?: string) => {
    const folder = project.folder(name);
    const inputs: Record<string, string> = vae === undefined ? {} : { vae };
    await train(requestOf(project, step, { folder, inputs }));
    return await readMetricRows(join(folder, "metrics.jsonl"));
  };
  const once = { n_epochs: 1 };
  const usual = await rowsOf("vae", vaeStep(once));
  assert.equal(usual.length, 3);
  const larger = await rowsOf("larger", vaeStep({ ...once, batch_size: 3 }));
  assert.equal(larger.length, 2);
  const optimization = {
    optimizers: { vae: { type: "AdamW", lr: 5e-4 } },
    schedulers: { vae: { type: "CosineAnnealingLR", eta_min_factor: 1 } },
  } as unknown as TrainStep["optimization"];
  const rate = await rowsOf("rate", vaeStep({ ...once, optimization }));
  assert.deepEqual(rate.map((row) => row.learning_rates!.vae), [
    5e-4,
    5e-4,
    5e-4,
  ]);
  const losses = async (name: string, lr: number, norm: number) => {
    const rows = await rowsOf(
      name,
      vaeStep({
        ...once,
        initial_clipping_norm: norm,
        optimization: {
          optimizers: { vae: { type: "SGD", lr } },
          schedulers: {},
        } as unknown as TrainStep["optimization"],
      }),
    );
    return rows.map((row) => row.metrics.loss!);
  };
  const still = await losses("still", 1e-9, 0);
  const clipped = await losses("clipped", 1, 1e-9);
  const free = await losses("free", 1, 0);
  const isNear = (value: number, at: number) =>
    Math.abs(value - still[at]!) < 1e-4;
  assert.ok(clipped.every(isNear), clipped.join());
  assert.ok(!free.every(isNear), free.join());
  const vae = project.folder("vae");
  const [all, none] = [
    await rowsOf("all", flowStep({ ...once, cfg_dropout_prob: 0 }), vae),
    await rowsOf("none", flowStep({ ...once, cfg_dropout_prob: 1 }), vae),
  ];
  assert.notEqual(all[0]!.metrics.flow_loss, none[0]!.metrics.flow_loss);
});

Deno.test("NX7: lr_min of a step is the floor of its automatic cosine", async () => {
  const [step] = await stepsOf(textOf([{ ...VAE, lr: 1e-3, lr_min: 0.25 }]));
  const { vae } = step!.optimization.schedulers;
  assert.ok(vae?.type === "CosineAnnealingLR" && vae.eta_min_factor === 0.25);
});

Deno.test("NX11: a step whose optimizers train none of its networks is refused before it starts", async () => {
  for (const network of ["flow", "discriminator"]) {
    const optimizers = { [network]: { type: "AdamW", lr: 1e-3 } };
    const found = await messagesOf({ ...VAE, optimization: { optimizers } });
    assert.match(found, /"optimization\.optimizers|trains nothing/);
  }
});
