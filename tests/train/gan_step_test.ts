// A train step against a discriminator: what it trains, and that it goes on exactly.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { TrainStep } from "../../lib/catalog/pipeline.ts";
import {
  readCurrent,
  readTensors,
} from "../../lib/checkpoint/load_checkpoint.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { readMetricRows } from "../../lib/metrics/metric_log.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { ganStep } from "./gan_step.ts";
import {
  requestOf,
  stateOf,
  TinyProject,
  train,
  vaeStep,
} from "./tiny_step.ts";

await startEngine("wasm");

/** 7 pictures by 2: four batches an epoch, the last of one picture. */
const BATCHES = 4;
const EPOCHS = 2;

async function weightsOf(folder: string, kind: "weights" | "optimizer") {
  return await readTensors(await readCurrent(folder), kind);
}

/** Trains `step` in a folder of its own and answers with its weights and rows. */
async function trained(project: TinyProject, name: string, step: TrainStep) {
  const folder = project.folder(name);
  const result = await train(requestOf(project, step, { folder }));
  return {
    result,
    folder,
    weights: await weightsOf(folder, "weights"),
    rows: await readMetricRows(join(folder, "metrics.jsonl")),
  };
}

Deno.test("trainBody() with gan_training trains the discriminator before its generator and saves all of it", async () => {
  using project = new TinyProject();
  const gan = await trained(project, "gan", ganStep());
  const plain = await trained(project, "plain", vaeStep());
  assert.deepEqual(
    Object.keys(gan.rows[0]!.learning_rates!).sort(),
    ["discriminator", "vae"],
  );
  for (const [index, { metrics }] of gan.rows.entries()) {
    for (const name of ["d_loss", "g_loss", "grad_norm_discriminator"]) {
      assert.ok(Number.isFinite(metrics[name]), name);
    }
    assert.equal("r1_penalty" in metrics, index % 3 === 0);
  }
  // The first update decodes with the same weights: only the adversarial term was added.
  assert.equal(
    gan.rows[0]!.metrics.recon_loss,
    plain.rows[0]!.metrics.recon_loss,
  );
  assert.notEqual(
    gan.rows[1]!.metrics.recon_loss,
    plain.rows[1]!.metrics.recon_loss,
  );
  const name = "discriminator.backbone.2.conv1.0";
  for (const part of ["weight_orig", "bias", "weight_u", "weight_v"]) {
    assert.ok(gan.weights.has(`${name}.${part}`), part);
  }
  const optimizer = await weightsOf(gan.folder, "optimizer");
  const slots = [...optimizer.keys()].filter((key) =>
    key.endsWith(`${name}.weight_orig`)
  );
  assert.equal(slots.length, 2);
  const averages = await readTensors(await readCurrent(gan.folder), "average");
  assert.ok([...averages.keys()].every((key) => !key.startsWith("discrim")));
});

Deno.test("trainBody() with gan_training stopped or killed after a batch ends with the same bytes", async () => {
  using project = new TinyProject();
  const step = ganStep({ adaptive_weights: true });
  const whole = project.folder("whole");
  await train(requestOf(project, step, { folder: whole }));
  const expected = stateOf(whole);
  for (const at of [1, 3, 4, 6, BATCHES * EPOCHS]) {
    const folder = project.folder(`stopped-${at}`);
    const request = requestOf(project, step, { folder });
    await train(request, (done, stop) => done === at && stop());
    assert.equal((await train(request)).outcome, "done");
    assert.deepEqual(stateOf(folder), expected, `stopped at batch ${at}`);
  }
  for (const at of [2, 7]) {
    const folder = project.folder(`killed-${at}`);
    const request = requestOf(project, step, { folder });
    const kill = (done: number) => {
      if (done === at) throw new Error("killed");
    };
    await assert.rejects(train(request, kill), /killed/);
    await train(request);
    assert.deepEqual(stateOf(folder), expected, `killed at batch ${at}`);
  }
});

Deno.test("trainBody() of a GAN-only step trains what is not frozen by the verdict alone", async () => {
  using project = new TinyProject();
  const vae = project.folder("vae");
  await train(requestOf(project, vaeStep(), { folder: vae }));
  const before = await weightsOf(vae, "weights");
  const step = ganStep({
    name: "gan",
    index: 1,
    train_vae: false,
    freeze: ["compressor"],
    trains: ["expander", "discriminator"],
    frozen: ["compressor"],
    init_from: { compressor: "vae", expander: "vae" },
  });
  const folder = project.folder("gan");
  await train(requestOf(project, step, { folder, inputs: { vae } }));
  const after = await weightsOf(folder, "weights");
  const changed = (prefix: string) =>
    [...before].filter(([name, { data }]) =>
      name.startsWith(prefix) &&
      after.get(name)!.data.some((value, at) => value !== data[at])
    ).length;
  assert.equal(changed("compressor."), 0);
  assert.ok(changed("expander.") > 0);
  const rows = await readMetricRows(join(folder, "metrics.jsonl"));
  assert.ok(rows[0]!.metrics.g_loss !== undefined);
  assert.equal(rows[0]!.metrics.recon_loss, undefined);
});

Deno.test("trainBody() trains the discriminator alone where compressor and expander are frozen, and hands it on", async () => {
  using project = new TinyProject();
  const vae = project.folder("vae");
  await train(requestOf(project, vaeStep(), { folder: vae }));
  const alone = ganStep({
    name: "judge",
    index: 1,
    n_epochs: 6,
    train_vae: false,
    eval_dataset: "held_out",
    trains: ["discriminator"],
    frozen: ["compressor", "expander"],
    init_from: { compressor: "vae", expander: "vae" },
    optimization: {
      optimizers: { discriminator: { type: "AdamW", lr: 1e-2 } },
      schedulers: { discriminator: { type: "CosineAnnealingLR" } },
    } as TrainStep["optimization"],
  });
  const judge = project.folder("judge");
  await train(requestOf(project, alone, { folder: judge, inputs: { vae } }));
  const rows = await readMetricRows(join(judge, "metrics.jsonl"));
  assert.ok(rows.at(-1)!.metrics.d_loss! < rows[0]!.metrics.d_loss!);
  assert.equal(rows[0]!.metrics.g_loss, undefined);
  const next = ganStep({
    name: "gan",
    index: 2,
    init_from: { compressor: "vae", expander: "vae", discriminator: "judge" },
    carry: { weights: "carry", optimizer: "carry", ema: "reset" },
  });
  const folder = project.folder("gan");
  const inputs = { vae, judge };
  await train(requestOf(project, next, { folder, inputs }));
  const { state } = await readCurrent(folder);
  assert.equal(state.optimizers.discriminator!.count, 8 * BATCHES);
});

Deno.test("trainBody() applies instance noise and clips the discriminator's gradients", async () => {
  using project = new TinyProject();
  const n_epochs = 1;
  const quiet = await trained(
    project,
    "quiet",
    ganStep({ n_epochs, instance_noise_std: 0 }),
  );
  const noisy = await trained(
    project,
    "noisy",
    ganStep({ n_epochs, instance_noise_std: 0.5 }),
  );
  assert.notEqual(
    quiet.rows[0]!.metrics.d_loss,
    noisy.rows[0]!.metrics.d_loss,
  );
  // Plain descent with rate 1 moves the discriminator by its clipped gradient.
  const sgd = { type: "SGD", lr: 1, momentum: 0, weight_decay: 0 };
  const optimization = {
    optimizers: { vae: sgd, discriminator: sgd },
    schedulers: {},
  } as unknown as TrainStep["optimization"];
  const bound = 1e-3;
  const step = ganStep({
    n_epochs,
    max_steps: 1,
    initial_clipping_norm: bound,
    optimization,
  });
  const clipped = await trained(project, "clipped", step);
  const fresh = await trained(project, "fresh", {
    ...step,
    optimization: {
      optimizers: { vae: sgd, discriminator: { ...sgd, lr: 1e-12 } },
      schedulers: {},
    } as unknown as TrainStep["optimization"],
  });
  let squares = 0;
  for (const [name, { data }] of fresh.weights) {
    if (!name.startsWith("discriminator.")) continue;
    if (/weight_[uv]$/.test(name)) continue;
    const moved = clipped.weights.get(name)!.data;
    data.forEach((value, at) => squares += (value - moved[at]!) ** 2);
  }
  assert.ok(clipped.rows[0]!.metrics.grad_norm_discriminator! > 2 * bound);
  assert.ok(Math.abs(Math.sqrt(squares) - bound) < 0.02 * bound);
});

Deno.test("trainBody() with adaptive_weights weighs by magnitude from the second batch on", async () => {
  using project = new TinyProject();
  const { rows } = await trained(
    project,
    "gan",
    ganStep({ adaptive_weights: true }),
  );
  const names = ["recon", "kl", "gan"] as const;
  assert.deepEqual(
    names.map((name) => rows[0]!.metrics[`weight_${name}`]),
    [1, 1, 1],
  );
  for (const { metrics } of rows) {
    for (const name of names) assert.ok(metrics[`weight_${name}`]! > 0, name);
  }
  const [{ metrics }] = rows as [typeof rows[0]];
  const sizes = ["recon_loss", "kl_loss", "g_loss"].map((name) =>
    Math.abs(metrics[name]!)
  );
  const mean = sizes.reduce((sum, size) => sum + size, 0) / 3;
  names.forEach((name, at) => {
    const wanted = mean / sizes[at]!;
    const found = rows[1]!.metrics[`weight_${name}`]!;
    assert.ok(Math.abs(found - wanted) < 1e-4 * wanted, name);
  });
});

Deno.test("trainBody() with gan_training leaks no tensor", async () => {
  using project = new TinyProject();
  const request = (name: string) =>
    requestOf(project, ganStep(), { folder: project.folder(name) });
  await train(request("warm"));
  const before = tf.memory().numTensors;
  const counts: number[] = [];
  await train(request("counted"), () => counts.push(tf.memory().numTensors));
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual(new Set(counts).size, 1, counts.join());
});

Deno.test("trainBody() refuses pictures that the discriminator cannot halve", async () => {
  using project = new TinyProject(7, 8);
  const request = requestOf(project, ganStep(), {
    folder: project.folder("gan"),
  });
  const model = { ...request.model, disc_depth: 4 };
  await assert.rejects(
    train({ ...request, model }),
    /pictures of 8x8: the discriminator halves them 4 times, wanted sides of 16 or more/,
  );
});

Deno.test("trainBody() skips a discriminator's updates that are no numbers and fails at the third in a row", async () => {
  using project = new TinyProject();
  const step = ganStep({ r1_gamma: 1e300, r1_interval: 1 });
  const request = requestOf(project, step, { folder: project.folder("nan") });
  await assert.rejects(
    train(request),
    /Cannot go on training: "\w+" is (-?Infinity|NaN) at batch 2/,
  );
});
