// PO22 to PO29: what a step of each kind shows while it trains, and writes into its file of metrics.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { TrainStep } from "../../lib/catalog/pipeline.ts";
import { plainProgress } from "../../lib/cli/plain_progress.ts";
import { progressText } from "../../lib/cli/progress_text.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import {
  readMetricRows,
  readTimingRows,
} from "../../lib/metrics/metric_log.ts";
import type { RunNotice } from "../../lib/runner/run_notice.ts";
import type { StepRequest } from "../../lib/store/step_request.ts";
import { ganStep } from "../train/gan_step.ts";
import {
  flowStep,
  requestOf,
  TinyProject,
  train,
  vaeStep,
} from "../train/tiny_step.ts";

await startEngine("wasm");

const ONCE = { n_epochs: 1, max_steps: 1 } as const;
/** A GAN step that does not reconstruct: FluxFlow's train_reconstruction is train_vae. */
const GAN_ALONE = ganStep({
  ...ONCE,
  name: "gan",
  train_vae: false,
  optimization: {
    optimizers: {
      vae: { type: "AdamW", lr: 1e-4 },
      discriminator: { type: "AdamW", lr: 4e-4 },
    },
    schedulers: {},
  } as unknown as TrainStep["optimization"],
});

/** Trains a step; the line that it shows of its batch, and the names in its first row of metrics. */
async function shown(
  project: TinyProject,
  step: ReturnType<typeof vaeStep>,
  more: Partial<StepRequest> = {},
): Promise<{ line: string; row: string[]; rates: unknown }> {
  const folder = project.folder(`shown-${step.name}`);
  const request = { ...requestOf(project, step, { folder }), ...more };
  const { updates } = await train(request);
  const line = updates.map((update) => progressText(update)).find((text) =>
    text.includes("loss")
  );
  const [row] = await readMetricRows(join(folder, "metrics.jsonl"));
  return {
    line: line ?? "",
    row: Object.keys(row!.metrics),
    rates: row!.learning_rates,
  };
}

Deno.test("PO22, PO26: a step with train_vae reconstructs, and shows reconstruction and divergence", async () => {
  using project = new TinyProject(2);
  const { line, row } = await shown(project, vaeStep(ONCE));
  assert.match(line, /^train epoch 1\/1, batch 1\/1, .*recon_loss \d/);
  assert.match(line, /kl_loss \d/);
  for (const name of ["vae_loss", "recon_loss", "kl_loss", "kl_beta"]) {
    assert.ok(row.includes(name), `${name} of ${row}`);
  }
});

Deno.test("PO23, PO24, GA16-17: a GAN-only step reconstructs nothing, shows both sides of the game, and has a rate for each", async () => {
  using project = new TinyProject(2);
  const { line, row, rates } = await shown(project, GAN_ALONE);
  assert.deepEqual(rates, { vae: 1e-4, discriminator: 4e-4 });
  assert.match(line, /g_loss -?\d/);
  assert.match(line, /d_loss -?\d/);
  assert.doesNotMatch(line, /recon_loss/);
  assert.ok(row.includes("g_loss") && row.includes("d_loss"), `${row}`);
  for (const name of ["vae_loss", "recon_loss", "color_stats"]) {
    assert.ok(!row.includes(name), `${name} of ${row}`);
  }
});

Deno.test("PO27: the time of a batch is shown with what is left, and kept in a file", async () => {
  const lines: string[] = [];
  let now = 0;
  const observe = plainProgress((line) => lines.push(line), () => now);
  for (const [seconds, done] of [[0, 0], [2, 5], [6, 10], [20, 40]] as const) {
    now = seconds * 1000;
    const update = { phase: "train", done, total: 40 };
    const notice = { kind: "step_progress", step: { name: "vae" }, update };
    observe(notice as unknown as RunNotice);
  }
  assert.deepEqual(lines, [
    "vae: train 0/40",
    "vae: train 10/40, 600 ms each, 18 s left",
    "vae: train 40/40, 467 ms each",
  ]);
  using project = new TinyProject(6);
  const folder = project.folder("timed");
  await train(requestOf(project, vaeStep({ n_epochs: 1 }), { folder }));
  const rows = (await readTimingRows(join(folder, "timings.jsonl"))).slice(
    0,
    3,
  );
  assert.deepEqual(rows.map((row) => row.global_step), [1, 2, 3]);
  for (const { seconds } of rows) {
    assert.ok(seconds["update"]! > 0 && seconds["data"]! >= 0);
  }
});

Deno.test("PO28: a flow step shows its loss", async () => {
  using project = new TinyProject(2);
  const vae = project.folder("vae");
  await train(requestOf(project, vaeStep(ONCE), { folder: vae }));
  const { line, row } = await shown(project, flowStep(ONCE), {
    inputs: { vae },
  });
  assert.match(line, /flow_loss \d/);
  assert.ok(row.includes("flow_loss"), `${row}`);
  assert.ok(!row.includes("recon_loss"), `${row}`);
});

Deno.test("PO29: what was measured is shown, whatever the step's flags say", () => {
  const update = { phase: "train", done: 1, total: 2 } as const;
  const line = (metrics: Record<string, number>) =>
    progressText({ ...update, metrics });
  assert.equal(line({}), "train 1/2");
  assert.match(line({ flow_loss: 0.25 }), /^train 1\/2, flow_loss 0\.25/);
  assert.match(line({ kl_loss: 3, d_loss: 2 }), /kl_loss 3.*d_loss 2/);
});
