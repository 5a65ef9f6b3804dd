// Steps that gather gradients, train SPADE alone, or measure LPIPS: what they train, and that they go on to the same bytes.
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  readCurrent,
  readTensors,
} from "../../lib/checkpoint/load_checkpoint.ts";
import { sha256Hex } from "../../lib/disk/digest.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import {
  encodeSafetensors,
  type SafeTensor,
} from "../../lib/format/safetensors.ts";
import { readMetricRows } from "../../lib/metrics/metric_log.ts";
import type { StepRequest } from "../../lib/store/step_request.ts";
import { tf } from "../../lib/tensor/tf.ts";
import type { ProgressUpdate } from "../../lib/worker/step_message.ts";
import { lpipsWeights } from "../support/lpips_weights.ts";
import { ganStep } from "./gan_step.ts";
import {
  requestOf,
  stateOf,
  TinyProject,
  train,
  vaeStep,
} from "./tiny_step.ts";

await startEngine("wasm");

async function weightsOf(folder: string) {
  return await readTensors(await readCurrent(folder), "weights");
}

/** Trains `request` in one go, and in another folder with a stop at each of `stops`; both end with the same bytes. */
async function assertResumes(
  project: TinyProject,
  name: string,
  requestIn: (folder: string) => StepRequest,
  stops: readonly number[],
): Promise<{ folder: string; updates: readonly ProgressUpdate[] }> {
  const whole = project.folder(`${name}-whole`);
  const { updates } = await train(requestIn(whole));
  for (const at of stops) {
    const folder = project.folder(`${name}-${at}`);
    await train(requestIn(folder), (done, stop) => done === at && stop());
    assert.equal((await train(requestIn(folder))).outcome, "done");
    assert.deepEqual(stateOf(folder), stateOf(whole), `stopped at ${at}`);
  }
  return { folder: whole, updates };
}

Deno.test("trainBody() with gradient_accumulation_steps updates once per so many batches and goes on from the middle of them", async () => {
  using project = new TinyProject();
  const step = ganStep({ gradient_accumulation_steps: 3, n_epochs: 2 });
  const { folder: whole } = await assertResumes(
    project,
    "gathered",
    (folder) => requestOf(project, step, { folder }),
    [1, 2, 6],
  );
  const { state } = await readCurrent(whole);
  // Four batches an epoch: three make the first update, the one that is left the second.
  assert.equal(state.optimizers.vae!.count, 4);
  assert.equal(state.optimizers.discriminator!.count, 4);
  assert.equal(state.global_step, 8);
  assert.equal(state.average!.updates, 4);
  assert.equal(state.gathered, undefined);
});

Deno.test("trainBody() of a SPADE-only step trains SPADE's weights and nothing else, and resumes exactly", async () => {
  using project = new TinyProject();
  const vae = project.folder("vae");
  await train(
    requestOf(project, vaeStep({ train_spade: false }), { folder: vae }),
  );
  const step = vaeStep({
    name: "spade",
    index: 1,
    train_vae: false,
    train_spade: true,
    trains: ["expander"],
    frozen: ["compressor"],
    init_from: { compressor: "vae", expander: "vae" },
  });
  const { folder } = await assertResumes(
    project,
    "spade",
    (folder) => requestOf(project, step, { folder, inputs: { vae } }),
    [3],
  );
  const [before, after] = [await weightsOf(vae), await weightsOf(folder)];
  const changed = [...before.keys()].filter((name) =>
    after.get(name)!.data.some((value, at) =>
      value !== before.get(name)!.data[at]
    )
  );
  assert.ok(changed.length > 0);
  assert.ok(changed.every((name) => name.includes(".spade.")), changed.join());
  const rows = await readMetricRows(join(folder, "metrics.jsonl"));
  assert.ok(rows[0]!.metrics.recon_loss !== undefined);
});

Deno.test("PO25, NX8: trainBody() with use_lpips shows it, ends at a threshold of it, measures and trains on it, resumes exactly, and leaks no tensor", async () => {
  using project = new TinyProject(3, 16);
  const path = join(project.root, "lpips.safetensors");
  const arrays = new Map<string, SafeTensor>();
  for (const [name, { shape, data }] of lpipsWeights()) {
    arrays.set(name, { dtype: "F32", shape: [...shape], data });
  }
  const bytes = encodeSafetensors(arrays);
  Deno.writeFileSync(path, bytes);
  const lpips = { path, sha256: sha256Hex(bytes) };
  const step = vaeStep({
    n_epochs: 2,
    transition_on: {
      mode: "loss_threshold",
      metric: "lpips",
      threshold: 1e6,
      max_epochs: 2,
      window: 1,
      direction: "below",
    },
    use_lpips: true,
    lambda_lpips: 0.5,
    lpips_weights: path,
  });
  const requestIn = (folder: string): StepRequest => ({
    ...requestOf(project, step, { folder }),
    lpips,
  });
  const before = tf.memory().numTensors;
  const { folder, updates } = await assertResumes(
    project,
    "lpips",
    requestIn,
    [1],
  );
  assert.equal(tf.memory().numTensors, before);
  const rows = await readMetricRows(join(folder, "metrics.jsonl"));
  assert.equal(rows.length, 2);
  const { metrics } = rows[0]!;
  assert.ok(metrics.lpips_loss! > 0);
  const sum = metrics.recon_loss! + 0.5 * metrics.lpips_loss!;
  assert.ok(Math.abs(metrics.vae_loss! - sum) < 1e-5);
  assert.ok(updates.some((update) => (update.metrics?.lpips_loss ?? 0) > 0));
  await assert.rejects(
    train({
      ...requestIn(project.folder("changed")),
      lpips: { path, sha256: "0" },
    }),
    /its content changed since the plan was made/,
  );
});
