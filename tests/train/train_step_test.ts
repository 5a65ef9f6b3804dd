// One train step from request to checkpoint: what it leaves, and that it goes on exactly.
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  readCurrent,
  readTensors,
} from "../../lib/checkpoint/load_checkpoint.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { readMetricRows } from "../../lib/metrics/metric_log.ts";
import { tf } from "../../lib/tensor/tf.ts";
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

Deno.test("trainBody() trains every picture of every epoch and leaves what resumes it", async () => {
  using project = new TinyProject();
  const folder = project.folder("vae-1");
  const step = vaeStep({ eval_dataset: "held_out" });
  const result = await train(requestOf(project, step, { folder }));
  assert.equal(result.outcome, "done");
  assert.equal(result.epochs, EPOCHS);
  assert.equal(result.summary, "completed 2 epochs");
  assert.ok(result.metrics.val_recon_l1! > 0);
  assert.deepEqual(result.warnings, []);
  const rows = await readMetricRows(join(folder, "metrics.jsonl"));
  assert.deepEqual(
    rows.map((row) => [row.kind, row.epoch, row.batch, row.global_step]),
    [
      ["train", 0, 0, 1],
      ["train", 0, 1, 2],
      ["train", 0, 2, 3],
      ["train", 0, 3, 4],
      ["eval", 0, 3, 4],
      ["train", 1, 0, 5],
      ["train", 1, 1, 6],
      ["train", 1, 2, 7],
      ["train", 1, 3, 8],
      ["eval", 1, 3, 8],
    ],
  );
  assert.ok(rows[0]!.learning_rates!.vae! > rows[8]!.learning_rates!.vae!);
  const { state } = await readCurrent(folder);
  assert.deepEqual(
    [state.current_step_index, state.current_step_name, state.step_epoch],
    [0, "vae", 2],
  );
  assert.equal(state.total_pipeline_progress, 1 / 3);
  assert.match(state.pipeline_config, /^[0-9a-f]{64}$/);
  assert.equal(state.finished, true);
});

Deno.test("trainBody() ends at a threshold of a metric, with the same bytes when interrupted", async () => {
  using project = new TinyProject();
  const step = vaeStep({
    n_epochs: 5,
    transition_on: {
      mode: "loss_threshold",
      metric: "recon",
      threshold: 100,
      max_epochs: 5,
      window: 6,
      direction: "below",
    },
  });
  const whole = project.folder("whole");
  const result = await train(requestOf(project, step, { folder: whole }));
  // Four values after the first epoch are no full window of six; eight after the second are.
  assert.equal(result.epochs, 2);
  assert.match(result.summary!, /^threshold met: recon_loss \d/);
  const folder = project.folder("stopped");
  const request = requestOf(project, step, { folder });
  await train(request, (done, stop) => done === 6 && stop());
  await train(request);
  assert.deepEqual(stateOf(folder), stateOf(whole));
});

Deno.test("trainBody() leaves a frozen component as it was, bit for bit", async () => {
  using project = new TinyProject();
  const vae = project.folder("vae");
  await train(requestOf(project, vaeStep(), { folder: vae }));
  const step = vaeStep({
    name: "expander_only",
    index: 1,
    needs: ["vae"],
    freeze: ["compressor"],
    trains: ["expander"],
    frozen: ["compressor"],
    init_from: { compressor: "vae", expander: "vae" },
  });
  const folder = project.folder("expander");
  await train(requestOf(project, step, { folder, inputs: { vae } }));
  const before = await readTensors(await readCurrent(vae), "weights");
  const after = await readTensors(await readCurrent(folder), "weights");
  let changed = 0;
  for (const [name, { data }] of before) {
    if (name.startsWith("compressor.")) {
      assert.deepEqual(after.get(name)!.data, data, name);
    } else if (after.get(name)!.data.some((value, i) => value !== data[i])) {
      changed++;
    }
  }
  assert.ok(changed > 0);
});

Deno.test("trainBody() trains SPADE's weights only in a step with train_spade", async () => {
  using project = new TinyProject();
  const folder = project.folder("vae");
  const off = { train_spade: false, decode_spade: false, n_epochs: 1 };
  await train(requestOf(project, vaeStep(off), { folder }));
  const fresh = project.folder("fresh");
  const request = requestOf(project, vaeStep(off), { folder: fresh });
  await train(request, (_, stop) => stop());
  const first = await readTensors(await readCurrent(fresh), "weights");
  const last = await readTensors(await readCurrent(folder), "weights");
  const spade = [...first.keys()].filter((name) => name.includes("spade"));
  assert.ok(spade.length > 0);
  for (const name of spade) {
    assert.deepEqual(last.get(name)!.data, first.get(name)!.data, name);
  }
});

Deno.test("trainBody() carries optimizer state and averages on request", async () => {
  using project = new TinyProject();
  const vae = project.folder("vae");
  await train(requestOf(project, vaeStep(), { folder: vae }));
  const step = vaeStep({
    name: "more",
    index: 1,
    init_from: { compressor: "vae", expander: "vae" },
    carry: { weights: "carry", optimizer: "carry", ema: "carry" },
  });
  const folder = project.folder("more");
  await train(requestOf(project, step, { folder, inputs: { vae } }));
  const { state } = await readCurrent(folder);
  assert.equal(state.optimizers.vae!.count, 2 * BATCHES * EPOCHS);
  assert.equal(state.average!.updates, 2 * BATCHES * EPOCHS);
});

Deno.test("trainBody() leaks no tensor", async () => {
  using project = new TinyProject();
  const request = (name: string) =>
    requestOf(project, vaeStep({ eval_dataset: "held_out" }), {
      folder: project.folder(name),
    });
  await train(request("warm"));
  const before = tf.memory().numTensors;
  const counts: number[] = [];
  await train(request("counted"), () => counts.push(tf.memory().numTensors));
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual(new Set(counts).size, 1, counts.join());
});

Deno.test("trainBody() skips updates that are no numbers and fails at the third in a row", async () => {
  using project = new TinyProject();
  const step = vaeStep({ kl_beta: 1e300, kl_warmup_steps: 0 });
  const request = requestOf(project, step, { folder: project.folder("nan") });
  await assert.rejects(train(request), (error: Error) => {
    assert.match(
      error.message,
      /^Cannot go on training: "\w+" is (Infinity|NaN) at batch 2/,
    );
    return true;
  });
});
