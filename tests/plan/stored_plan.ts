// The pipeline of the project's question on built steps, and a store that holds what a test says is finished.
import { join } from "node:path";
import type { Pipeline } from "../../lib/catalog/pipeline.ts";
import type { Plan, PlannedStep } from "../../lib/plan/plan.ts";
import { commitMarker } from "../../lib/store/marker.ts";
import { writeStepRequest } from "../../lib/store/request_record.ts";
import {
  type StepState,
  writeRunManifest,
} from "../../lib/store/run_record.ts";
import { pictureBytes } from "../data/picture_folder.ts";
import { withTemporaryFolder } from "../disk/temporary_folder.ts";
import { writeFiles } from "../store/stored_step.ts";
import {
  builtPipeline,
  compareStep,
  dataset,
  scriptStep,
  trainStep,
} from "./built_pipeline.ts";

/** emoji -> vae -> two arms -> compare, with everything below `folder`. */
export function spade(folder: string, epochs = 3): Pipeline {
  const arm = {
    needs: ["vae"],
    init_from: { compressor: "vae", expander: "vae" },
  };
  return builtPipeline(
    [
      scriptStep("emoji", join(folder, "task.ts")),
      trainStep("vae", { needs: ["emoji"] }),
      trainStep("on", { ...arm, n_epochs: epochs, train_spade: true }),
      trainStep("off", { ...arm, n_epochs: epochs }),
      compareStep("compare", ["on", "off"], "icons"),
    ],
    { icons: dataset({ from: "emoji" }) },
  );
}

/** Runs `body` with a folder that holds the script and the runs folder to use. */
export async function withProject(
  body: (folder: string, runsDir: string) => Promise<void>,
): Promise<void> {
  await withTemporaryFolder(async (folder) => {
    await writeFiles(folder, { "task.ts": "export const task = 1;" });
    await body(folder, join(folder, "runs"));
  });
}

/** `name: action, reason` of every step. */
export function actions(plan: Plan): string[] {
  return plan.steps.map((step) =>
    `${step.name}: ${step.action}, ${step.reason}`
  );
}

/** The planned step of that name. */
export function stepOf(plan: Plan, name: string): PlannedStep {
  return plan.steps.find((step) => step.name === name) as PlannedStep;
}

/** Leaves the folder of a finished step. */
export async function finish(step: PlannedStep): Promise<void> {
  await writeStepRequest(step.request);
  await writeFiles(step.folder, {
    "output/captions.tsv": "a.png\ta\nb.png\tb\nc.png\tc\n",
    "output/images/a.png": pictureBytes(0),
    "output/images/b.png": pictureBytes(1),
    "output/images/c.png": pictureBytes(2),
  });
  await commitMarker(step.folder, {
    request: step.request,
    result: { outcome: "done", metrics: {} },
    engines: step.task === "train" ? ["wasm"] : [],
    attempts: 1,
    elapsedMs: 1,
    finishedAt: new Date("2026-01-02T03:04:05Z"),
  });
}

/** Leaves a run manifest with the steps of the plan. */
export async function record(
  plan: Plan,
  run = plan.run,
  state: StepState = "done",
): Promise<void> {
  await writeRunManifest(plan.runsDir, {
    run,
    pipeline: plan.file,
    digest: "d",
    mode: plan.mode,
    seed: 0,
    engine: "wasm",
    engineChoice: null,
    versions: {},
    createdAt: "2026-01-02T03:04:05.000Z",
    updatedAt: "2026-01-02T03:04:05.000Z",
    steps: plan.steps.map(({ name, task, key }) => ({
      name,
      task,
      key,
      state,
    })),
  });
}

/** What `actions` says of a step that `finish` finished. */
export const FINISHED = "reuse, finished 2026-01-02 03:04 UTC";
