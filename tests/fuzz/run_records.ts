// Records of a run and of its steps.
import { join } from "node:path";
import {
  type CheckpointContent,
  saveCheckpoint,
} from "../../lib/checkpoint/save_checkpoint.ts";
import {
  findCheckpoint,
  readCurrent,
  readTensors,
} from "../../lib/checkpoint/load_checkpoint.ts";
import { sha256Hex } from "../../lib/disk/digest.ts";
import { makeFolder } from "../../lib/disk/folder_entries.ts";
import { EMBEDDED_ENGINE } from "../../lib/engine_setup/engine_choice.ts";
import { Failure } from "../../lib/error/failure.ts";
import {
  matrixPaths,
  readMatrixRecord,
  writeMatrixRecord,
} from "../../lib/matrix/matrix_record.ts";
import {
  readMetricRows,
  readTimingRows,
} from "../../lib/metrics/metric_log.ts";
import { readAttemptFacts } from "../../lib/report/attempt_facts.ts";
import { readComparison } from "../../lib/report/comparison.ts";
import { readAttempts } from "../../lib/store/attempt_history.ts";
import { readCheckpointCursor } from "../../lib/store/checkpoint_record.ts";
import {
  readEstimates,
  writeEstimates,
} from "../../lib/store/estimate_record.ts";
import { readMarker } from "../../lib/store/marker.ts";
import {
  readStepRequest,
  writeStepRequest,
} from "../../lib/store/request_record.ts";
import {
  readResolvedRecord,
  writeResolvedRecord,
} from "../../lib/store/resolved_record.ts";
import {
  appendEvent,
  readEvents,
  readRunManifest,
  writeRunManifest,
} from "../../lib/store/run_record.ts";
import { isRenamed, writeRenamingNote } from "../../lib/store/renaming_note.ts";
import { runPaths } from "../../lib/store/store_layout.ts";
import type { StepRequest } from "../../lib/store/step_request.ts";
import { finishStep } from "../store/stored_step.ts";
import { type StoredRecordKind, writtenText } from "./record_kind.ts";

const KEY = "0123456789abcdef";
const RUN = {
  ...{ run: "a", pipeline: "a.yaml", digest: "d", mode: "pipeline" as const },
  seed: 0,
  ...{ engine: "wasm", engineChoice: EMBEDDED_ENGINE, versions: {} },
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
  steps: [{ name: "s", task: "train", key: KEY, state: "done" }],
} as const;

function stepFolder(folder: string): string {
  return join(folder, "store", `s-${KEY}`);
}

function requestIn(folder: string): StepRequest {
  return {
    ...{ version: 1, pipeline: "a.yaml", run: "a", task: "script", key: KEY },
    step: { name: "s", index: 0, count: 1 },
    work: { step: "s" },
    options: { name: "s", task: "script" },
    ...{ model: {}, data: {}, output: {}, seed: 0, datasets: {} },
    folder: stepFolder(folder),
    inputs: {},
    lock: join(folder, "lock"),
    engine: EMBEDDED_ENGINE,
    packageRoot: folder,
    plan: { trainSteps: null },
  } as unknown as StepRequest;
}

async function saveOne(folder: string): Promise<string> {
  const step = stepFolder(folder);
  await makeFolder(step);
  const array = { shape: [2], data: Float32Array.of(1, 2) };
  const state = {
    ...{ version: 1, current_step_index: 0, current_step_name: "s" },
    ...{ step_epoch: 1, batch: 2, global_step: 3, batches_per_epoch: 4 },
    ...{ key: KEY, engine: "wasm", engines: ["wasm"], variant: "fluxline" },
    components: ["expander"],
    image: { height: 8, width: 8 },
    ...{ optimizers: {}, schedulers: {}, windows: {}, average: null },
    sampler: { seed: 1, size: 2, batch_size: 1 },
    skipped_updates: { in_a_row: 0, total: 0 },
    metrics: { path: "metrics.jsonl", bytes: 0, sha256: sha256Hex("") },
  } as unknown as CheckpointContent["state"];
  const content: CheckpointContent = {
    state,
    weights: new Map([["expander.a", array]]),
    frozen: new Map([["expander.b", array]]),
    average: null,
    optimizer: new Map(),
    score: null,
  };
  let history = { usable: [] } as Parameters<typeof saveCheckpoint>[2];
  for (const global_step of [3, 4]) {
    const next = { ...content, state: { ...state, global_step } };
    history = await saveCheckpoint(step, next, history, {
      keepLast: 2,
      keepBest: { count: 1, lowerIsBetter: true },
    });
  }
  return step;
}

/** All ways in which a checkpoint is read; the reason where it is not whole. */
async function readCheckpoints(folder: string): Promise<unknown> {
  const step = stepFolder(folder);
  const cursor = await readCheckpointCursor(step);
  const { found, problems } = await findCheckpoint(step);
  if (found !== null) {
    for (const kind of ["weights", "optimizer"] as const) {
      await readTensors(found, kind);
    }
  }
  try {
    await readCurrent(step);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.message;
  }
  return problems[0] ?? cursor;
}

/** What the states say where nothing else tells of them; the reasons where one is not used. */
async function readStates(folder: string): Promise<unknown> {
  const step = stepFolder(folder);
  await readCheckpointCursor(step);
  const { found, problems } = await findCheckpoint(step);
  if (found !== null) await readTensors(found, "weights");
  return problems.length > 1 ? problems.join("; ") : found;
}

/** Records of a run and of its steps. */
export const RUN_RECORDS: readonly StoredRecordKind[] = [
  {
    ...{ name: "complete.json", seal: "sealed", otherVersion: "refused" },
    write: async (folder) => {
      await makeFolder(stepFolder(folder));
      await finishStep(stepFolder(folder), KEY, { "output/a": "x" });
      return join(stepFolder(folder), "complete.json");
    },
    read: async (folder) => {
      const found = await readMarker(stepFolder(folder), { deep: true });
      return found.kind === "damaged" ? found.reason : found;
    },
  },
  {
    ...{ name: "checkpoint.json", seal: "sealed", otherVersion: "refused" },
    write: async (folder) => join(await saveOne(folder), "checkpoint.json"),
    read: readCheckpoints,
  },
  {
    ...{ name: "state.json", seal: "sealed", otherVersion: "refused" },
    write: async (folder) => {
      const step = await saveOne(folder);
      // Its digests would hide from a reader of states what stands in one.
      await Deno.remove(join(step, "checkpoint.json"));
      return join(step, "checkpoints/00000004/state.json");
    },
    read: readStates,
  },
  {
    ...{ name: "request.json", seal: "sealed", otherVersion: "refused" },
    write: async (folder) => {
      await writeStepRequest(requestIn(folder));
      return join(stepFolder(folder), "request.json");
    },
    read: (folder) => readStepRequest(stepFolder(folder)),
  },
  {
    ...{ name: "manifest.json", seal: "sealed", otherVersion: "refused" },
    write: async (folder) => {
      await writeRunManifest(folder, RUN);
      return join(folder, "a/manifest.json");
    },
    read: (folder) => readRunManifest(folder, "a"),
  },
  {
    ...{ name: "resolved.json", seal: "sealed", otherVersion: "refused" },
    write: async (folder) => {
      await makeFolder(join(folder, "a"));
      const value = { path: "seed", value: 1, origin: "default" };
      await writeResolvedRecord(folder, "a", [value]);
      return join(folder, "a/resolved.json");
    },
    read: (folder) => readResolvedRecord(folder, "a"),
  },
  {
    ...{ name: "renaming.json", seal: "sealed", otherVersion: "made anew" },
    write: async (folder) => {
      await makeFolder(join(folder, "a"));
      await writeRenamingNote(folder, "a", "a");
      return runPaths(folder, "a").renaming;
    },
    read: async (folder) => (await isRenamed(folder, "a", "a")) || null,
  },
  {
    ...{ name: "events.jsonl", seal: "sealed", otherVersion: "none" },
    write: async (folder) => {
      await makeFolder(join(folder, "a"));
      const at = "2026-01-01T00:00:00.000Z";
      await appendEvent(folder, "a", { at, kind: "run_started" });
      return join(folder, "a/events.jsonl");
    },
    read: (folder) => readEvents(folder, "a"),
  },
  {
    ...{ name: "attempt.json", seal: "sealed", otherVersion: "none" },
    write: (folder) =>
      writtenText(
        join(stepFolder(folder), "attempts/1/attempt.json"),
        JSON.stringify({
          ...{ number: 1, startedAt: "2026-01-01", run: "a", outcome: "done" },
          ...{ elapsedMs: 1, failure: null, retryDelayMs: null },
        }),
      ),
    read: async (folder) => {
      await readAttemptFacts(stepFolder(folder));
      return await readAttempts(stepFolder(folder));
    },
  },
  {
    ...{ name: "metrics.jsonl", seal: "plain", otherVersion: "none" },
    write: (folder) =>
      writtenText(
        join(folder, "metrics.jsonl"),
        `${
          JSON.stringify({
            ...{ kind: "train", epoch: 0, batch: 0, global_step: 1 },
            ...{ metrics: { loss: 1 }, learning_rates: { vae: 0.1 } },
          })
        }\n`,
      ),
    read: async (folder) => {
      await readTimingRows(join(folder, "metrics.jsonl"));
      return await readMetricRows(join(folder, "metrics.jsonl"));
    },
  },
  {
    ...{ name: "estimate.json", seal: "sealed", otherVersion: "refused" },
    write: async (folder) => {
      const { folder: own, estimate } = runPaths(folder, "a");
      await makeFolder(own);
      await writeEstimates(folder, "a", {});
      return estimate;
    },
    read: (folder) => readEstimates(folder, "a"),
  },
  {
    ...{ name: "matrix.json", seal: "sealed", otherVersion: "refused" },
    write: async (folder) => {
      await writeMatrixRecord(folder, {
        ...{ version: 1, name: "a", pipeline: "a.yaml", axes: ["lr"] },
        ...{ seeds: null, metric: null, search: null },
        ...{ comparisons: [], cells: [] },
      });
      return matrixPaths(folder, "a").record;
    },
    read: (folder) => readMatrixRecord(folder, "a"),
  },
  {
    ...{ name: "compare.json", seal: "plain", otherVersion: "none" },
    write: (folder) =>
      writtenText(
        join(stepFolder(folder), "output/compare.json"),
        JSON.stringify({
          ...{ version: 1, metric: "l1", count: 2, dataset: "d" },
          verdict: { outcome: "better", sentence: "It is better." },
          arms: [{ step: "a", role: "control", means: { l1: 1 }, ratio: 1 }],
          differences: { l1: { mean: 0, interval: [0, 1] } },
          images: [{ treatment: { l1: 1 }, control: { l1: 2 } }],
        }),
      ),
    read: (folder) => readComparison(stepFolder(folder)),
  },
];
