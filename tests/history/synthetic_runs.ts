// Folders of many runs, written without training: what a long history leaves behind.
import { join } from "node:path";
import { seal } from "../../lib/disk/sealed_record.ts";
import { runPaths, storeLayout } from "../../lib/store/store_layout.ts";

const START = Date.parse("2026-01-01T00:00:00Z");
/** Runs that share the work of their first step. */
const SHARED_BY = 5;

/** Names of the steps of each run. */
const SYNTHETIC_STEPS = ["warmup", "flow", "judge"];

/** Writes `count` finished runs of three steps and 120 options below `runs`; run `at` has psnr `10 + at / 100`. */
export function writeSyntheticRuns(runs: string, count: number): void {
  for (let at = 0; at < count; at++) writeSyntheticRun(runs, at);
}

/** Name of the run with number `at`. */
export function syntheticName(at: number): string {
  return `run-${String(at).padStart(5, "0")}`;
}

/** Writes one run. */
export function writeSyntheticRun(runs: string, at: number): void {
  const run = syntheticName(at);
  const time = new Date(START + at * 60_000).toISOString();
  const paths = runPaths(runs, run);
  Deno.mkdirSync(paths.folder, { recursive: true });
  const steps = SYNTHETIC_STEPS.map((name, place) => {
    const work = place === 0 ? Math.floor(at / SHARED_BY) : at;
    const key = (work * 16 + place).toString(16).padStart(16, "0");
    return { name, task: place === 2 ? "evaluate" : "train", key };
  });
  writeSealed(paths.manifest, {
    version: 1,
    run,
    pipeline: "pipelines/made.yaml",
    digest: "0".repeat(64),
    mode: "pipeline",
    seed: at % 7,
    engine: "wasm",
    engineChoice: null,
    versions: { fluxline: "0.1.0" },
    createdAt: time,
    updatedAt: time,
    steps: steps.map((step) => ({ ...step, state: "done", needs: [] })),
  });
  const options = Array.from({ length: 120 }, (_, option) => ({
    path: `training.pipeline.steps.${
      SYNTHETIC_STEPS[option % 3]
    }.option_${option}`,
    value: option === 1 ? at / 1e5 : option,
    origin: "default",
  }));
  const values = [{ path: "seed", value: at % 7, origin: "made.yaml:1:7" }];
  writeSealed(paths.resolved, { version: 1, values: [...values, ...options] });
  for (const [place, { name, task, key }] of steps.entries()) {
    if (place === 0 && at % SHARED_BY !== 0) continue;
    const folder = join(storeLayout(runs).store, `${name}-${key}`);
    Deno.mkdirSync(folder, { recursive: true });
    writeSealed(join(folder, "complete.json"), {
      version: 1,
      key,
      task,
      finishedAt: time,
      result: {
        outcome: "done",
        metrics: place === 2
          ? { psnr: 10 + at / 100, recon_l1: 1 / (at + 1) }
          : { loss: 1 / (at + 1) },
      },
      engines: ["wasm"],
      attempts: 1,
      elapsedMs: 60_000 * (place + 1),
      files: [],
    });
  }
}

function writeSealed(path: string, record: object): void {
  Deno.writeTextFileSync(path, JSON.stringify(seal(record)));
}
