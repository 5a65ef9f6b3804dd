// The folders that a run of four steps leaves behind, written by hand: two arms, their comparison, and a step that never began.
import { join } from "node:path";
import type { Step } from "../../lib/catalog/pipeline.ts";
import { writeStepRequest } from "../../lib/store/request_record.ts";
import { writeResolvedRecord } from "../../lib/store/resolved_record.ts";
import {
  appendEvent,
  type RunManifest,
  type StepState,
  writeRunManifest,
} from "../../lib/store/run_record.ts";
import { commitMarker, type StoredResult } from "../../lib/store/marker.ts";
import { stepPaths } from "../../lib/store/store_layout.ts";
import type { StepRequest } from "../../lib/store/step_request.ts";
import { compareStep, trainStep } from "../plan/built_pipeline.ts";
import { writeFiles } from "../store/stored_step.ts";

const AT = "2026-01-01T00:00:00.000Z";

/** A PNG of one grey pixel. */
export const PIXEL = Uint8Array.from(
  atob(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==",
  ),
  (one) => one.charCodeAt(0),
);

/** What differs from run to run of a test. */
export interface RecordedOptions {
  readonly run?: string;
  /** Rows of each arm's metrics. */
  readonly rows?: number;
  /** Text that gets into descriptions, logs and origins. */
  readonly text?: string;
  /** Added to the loss of the first arm, and part of its key. */
  readonly shift?: number;
}

/** Writes the run below `runs` and answers its name. */
export async function recordRun(
  runs: string,
  { run = "made", rows = 60, text = "plain", shift = 0 }: RecordedOptions = {},
): Promise<string> {
  const arms = ["on", "off"].map((name, at) =>
    trainStep(name, {
      description: text,
      lr: 1e-4 + (at === 0 ? shift : 0),
      transition_on: {
        mode: "loss_threshold",
        metric: "loss",
        threshold: 0.3,
        max_epochs: 4,
        window: 3,
        direction: "below",
      },
    })
  );
  const compare = compareStep("judge", ["on", "off"], "icons");
  const keys = [`a${shift}`, "b", "c", "d"].map((one) =>
    one.replaceAll(/\D/g, (letter) => letter.charCodeAt(0).toString(16))
      .padStart(16, "0")
  );
  for (const [at, arm] of arms.entries()) {
    await recordArm(runs, arm, keys[at]!, { rows, text, shift, at, run });
  }
  await recordComparison(runs, compare, keys[2]!, run);
  await writeRunManifest(runs, {
    run,
    pipeline: "pipelines/made.yaml",
    digest: "0".repeat(64),
    mode: "pipeline",
    seed: 7,
    engine: "wasm",
    engineChoice: null,
    versions: { fluxline: "0.1.0", deno: "2.9.6" },
    createdAt: AT,
    updatedAt: AT,
    steps: [
      { name: "on", task: "train", key: keys[0]!, state: "done", needs: [] },
      {
        name: "off",
        task: "train",
        key: keys[1]!,
        state: "reused",
        needs: [],
        action: "reuse",
      },
      {
        name: "judge",
        task: "compare",
        key: keys[2]!,
        state: "done",
        needs: ["on", "off"],
      },
      {
        name: "later",
        task: "train",
        key: keys[3]!,
        state: "waiting",
        needs: ["on"],
      },
    ],
  });
  await appendEvent(runs, run, { at: AT, kind: "run_started" });
  await writeResolvedRecord(runs, run, [
    { path: "seed", value: 7, origin: "pipelines/made.yaml:1:7" },
    {
      path: "training.pipeline.steps.on.batch_size",
      value: 2,
      origin: "default",
    },
    { path: "training.pipeline.steps.on.note", value: text, origin: text },
  ]);
  return run;
}

interface Arm {
  readonly rows: number;
  readonly text: string;
  readonly shift: number;
  readonly at: number;
  readonly run: string;
}

async function recordArm(
  runs: string,
  step: Step,
  key: string,
  { rows, text, shift, at, run }: Arm,
): Promise<void> {
  const folder = join(runs, "store", `${step.name}-${key}`);
  const metrics = Array.from({ length: rows }, (_, row) => ({
    kind: "train",
    epoch: Math.floor(row / 20),
    batch: row % 20,
    global_step: row + 1,
    metrics: {
      loss: 1 / (row + 1) + 0.1 + at / 10 + shift,
      kl_beta: 0.0001,
      grad_norm_vae: 0.5,
      skipped_updates: 0,
    },
    learning_rates: { vae: 0.001 },
  }));
  const timings = Array.from({ length: rows }, (_, row) => ({
    global_step: row + 1,
    time: new Date(Date.parse(AT) + row * 1000).toISOString(),
    seconds: { update: 0.5 },
    memory_bytes: 3e8,
  }));
  const half = Math.floor(rows / 2);
  const resumed = { ...timings[half - 1], seconds: {}, resumed: true };
  timings.splice(half, 0, resumed as unknown as typeof timings[number]);
  const lines = (rows: readonly unknown[]) =>
    rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  await writeFiles(folder, {
    "metrics.jsonl": lines(metrics),
    "timings.jsonl": lines(timings),
    "attempts/1/log.txt": `${AT} info: ${text}\n`,
    "attempts/1/attempt.json": '{"elapsedMs":1000,"outcome":"done"}',
    "attempts/1/permissions.json": JSON.stringify({ read: ["/in", text] }),
    "attempts/1/access.json": JSON.stringify({
      counts: { read: 12 },
      undeclaredReads: ["/etc/hosts"],
    }),
  });
  await Deno.mkdir(stepPaths(folder).samples, { recursive: true });
  for (const update of ["00000020", "00000040", "00000060"]) {
    const name = `${update}-reconstructions.png`;
    await Deno.writeFile(join(stepPaths(folder).samples, name), PIXEL);
  }
  await finish(folder, step, key, run, {
    outcome: "done",
    metrics: { loss: 0.2 + shift },
    epochs: 3,
    summary: "loss reached 0.3",
  });
}

async function recordComparison(
  runs: string,
  step: Step,
  key: string,
  run: string,
): Promise<void> {
  const folder = join(runs, "store", `${step.name}-${key}`);
  const sentence =
    '"on" is better than "off" in recon_l1, where lower is better: -0.01, 95 % interval -0.02 to -0.005 over 3 images, one seed';
  const measured = (value: number) => ({ recon_l1: value });
  await writeFiles(folder, {
    "output/compare.json": JSON.stringify({
      metric: "recon_l1",
      verdict: { outcome: "better", sentence },
      count: 3,
      dataset: "icons",
      arms: ["on", "off"].map((name, at) => ({
        step: name,
        role: at === 0 ? "treatment" : "control",
        means: measured(0.1 + at / 100),
        ratio: 0.5,
      })),
      differences: {
        recon_l1: { mean: -0.01, interval: [-0.02, -0.005] },
      },
      images: [1, 2, 3].map((one) => ({
        name: `${one}.png`,
        treatment: measured(one / 10),
        control: measured(one / 9),
      })),
    }),
  });
  await finish(folder, step, key, run, {
    outcome: "done",
    metrics: { difference: -0.01 },
    summary: sentence,
  });
}

async function finish(
  folder: string,
  step: Step,
  key: string,
  run: string,
  result: StoredResult,
): Promise<void> {
  const request = {
    version: 1,
    pipeline: "pipelines/made.yaml",
    run,
    step: { name: step.name, index: 0, count: 4 },
    task: step.task,
    key,
    work: {
      task: step.task,
      options: step.task === "train" ? { lr: step.lr } : {},
      datasets: { dataset: { fingerprint: "f".repeat(64) } },
    },
    options: step,
    folder,
    plan: { trainSteps: 60 },
  } as unknown as StepRequest;
  await writeStepRequest(request);
  await commitMarker(folder, {
    request,
    result,
    engines: ["wasm"],
    attempts: 1,
    elapsedMs: 1234,
    finishedAt: new Date(AT),
  });
}

/** The manifest with another state of the first arm. */
export function withStateOfOn(
  manifest: RunManifest,
  state: StepState,
): RunManifest {
  const steps = manifest.steps.map((step) =>
    step.name === "on" ? { ...step, state } : step
  );
  return { ...manifest, steps };
}
