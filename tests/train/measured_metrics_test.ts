// What the loader lets a transition watch is what the trainers write.
import assert from "node:assert/strict";
import { join } from "node:path";
import type { TrainStep } from "../../lib/catalog/pipeline.ts";
import { measuredMetrics } from "../../lib/config/measured_metrics.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import { findMetric, METRICS } from "../../lib/metrics/vocabulary.ts";
import { readMetricRows } from "../../lib/metrics/metric_log.ts";
import {
  flowStep,
  requestOf,
  TinyProject,
  train,
  vaeStep,
} from "./tiny_step.ts";

await startEngine("wasm");

const ONCE = { n_epochs: 1, max_steps: 1, eval_dataset: "held_out" } as const;

async function writtenMetrics(
  project: TinyProject,
  step: TrainStep,
  inputs: Record<string, string> = {},
): Promise<string[]> {
  const folder = project.folder(step.name);
  await train(requestOf(project, step, { folder, inputs }));
  const rows = await readMetricRows(join(folder, "metrics.jsonl"));
  return [...new Set(rows.flatMap((row) => Object.keys(row.metrics)))].sort();
}

Deno.test("measuredMetrics() names exactly what a VAE step and a flow step write", async () => {
  using project = new TinyProject(2);
  const vae = vaeStep(ONCE);
  assert.deepEqual(
    measuredMetrics(vae).sort(),
    await writtenMetrics(project, vae),
  );
  const rate = { type: "AdamW", lr: 1e-3 };
  const flow = flowStep({
    ...ONCE,
    trains: ["flow_processor", "text_encoder"],
    optimization: {
      optimizers: { flow: rate, text_encoder: rate },
      schedulers: {},
    } as unknown as TrainStep["optimization"],
  });
  const inputs = { vae: project.folder("vae") };
  assert.deepEqual(
    measuredMetrics(flow).sort(),
    await writtenMetrics(project, flow, inputs),
  );
});

Deno.test("measuredMetrics() uses the vocabulary's words", () => {
  const step = { ...vaeStep(ONCE), train_diff: true };
  for (const name of measuredMetrics(step)) {
    assert.ok(METRICS.includes(findMetric(name)!), name);
  }
});
