// Draws pictures outside of a run: the body of `task: generate` in a process of its own, and a folder that appears whole.
import { join, relative, resolve } from "node:path";
import type { GenerateStep, Pipeline } from "../catalog/pipeline.ts";
import { writeAtomically, writeJsonAtomically } from "../disk/atomic_write.ts";
import {
  makeFolder,
  removeEntry,
  removeTree,
  renameEntry,
} from "../disk/folder_entries.ts";
import { StagedFolder } from "../disk/staged_folder.ts";
import { FLUXLINE_VERSION } from "../exchange/file_metadata.ts";
import { PACKAGE_ROOT, type PlannedStep } from "../plan/plan.ts";
import { stepPaths } from "../store/store_layout.ts";
import { fetchCode } from "../worker/code_fetch.ts";
import { readModuleGraph } from "../worker/module_graph.ts";
import { stepEntry } from "../worker/permission_flags.ts";
import { CheckpointWish } from "./checkpoint_wish.ts";
import type { DrawingSource } from "./drawing_source.ts";
import {
  type DrawingOptions,
  generateStep,
  planDrawing,
  requireSize,
  requireSteps,
} from "./drawing_step.ts";
import { requireAbsent } from "./new_folder.ts";
import type { RunObserver } from "./run_notice.ts";
import { runAttempt } from "./step_attempt.ts";
import type { StopControl } from "./stop_control.ts";

/** Name of the record beside the pictures. */
const DRAWING_FILE = "drawing.json";

const STOP_GRACE_MS = 10_000;

/** What stops a drawing and watches it. */
export interface DrawingScene {
  readonly runsDir: string;
  readonly stop: StopControl;
  readonly observe: RunObserver;
}

/** What was drawn. Paths are absolute. */
export interface Drawing {
  readonly folder: string;
  readonly grid: string;
  readonly pictures: readonly {
    readonly path: string;
    readonly prompt: string;
    /** Where between two prompts; absent for a prompt itself. */
    readonly towards?: string;
    readonly share?: number;
  }[];
  /** Content of `drawing.json`: what made the pictures. */
  readonly record: Readonly<Record<string, unknown>>;
}

/**
 * Draws and publishes. The same options, weights and seed give the same bytes on one engine.
 *
 * @throws {UsageError} where the folder exists, or the model cannot make the size
 * @throws {StoppedError} where a signal came first; nothing is left behind
 * @throws {Failure} as the drawing process reports it
 */
export async function draw(
  pipeline: Pipeline,
  source: DrawingSource,
  options: DrawingOptions,
  scene: DrawingScene,
): Promise<Drawing> {
  const target = resolve(options.to);
  await requireAbsent(target, "draw into");
  requireSize(options.size, pipeline);
  requireSteps(options.steps, pipeline);
  await using staged = await StagedFolder.create(target);
  const step = generateStep(pipeline, source, options);
  const planned = await planDrawing(pipeline, source, step, {
    folder: staged.path,
    seed: options.seed ?? pipeline.seed,
    runsDir: scene.runsDir,
  });
  const grid = await drawStaged(planned, scene);
  const record = recordOf(planned, source);
  const list = await gatherPictures(staged.path);
  await writeJsonAtomically(join(staged.path, DRAWING_FILE), record);
  await staged.publish();
  return {
    folder: target,
    grid: join(target, grid),
    pictures: list.map(({ file, ...rest }) => ({
      path: join(target, file),
      ...rest,
    })),
    record,
  };
}

/** Runs the process; answers the name of the grid. */
async function drawStaged(
  planned: PlannedStep,
  { stop, observe }: DrawingScene,
): Promise<string> {
  const { request } = planned;
  await writeAtomically(request.lock, new Uint8Array());
  const path = join(stepPaths(request.folder).attempts, "1");
  await makeFolder(path);
  const wasStopped = () => stop.stopped("no picture was kept");
  try {
    await fetchCode(
      [stepEntry(PACKAGE_ROOT, request.task)],
      PACKAGE_ROOT,
      stop.asked,
    );
  } catch (error) {
    throw stop.asked.aborted ? wasStopped() : error;
  }
  const outcome = await runAttempt(planned, {
    number: 1,
    path,
    startedAt: new Date(),
  }, {
    checkpointWish: new CheckpointWish(),
    stop,
    observe,
    stopGraceMs: STOP_GRACE_MS,
    graphOf: readModuleGraph,
    // Its log goes with the folder that is never published.
    diedHint: "Run the same command again; what it printed stands above",
  });
  if (outcome.kind === "stopped") throw wasStopped();
  if (outcome.kind === "failed") throw outcome.failure;
  return relative(
    stepPaths(request.folder).output,
    outcome.result.pictures?.[0] ?? "",
  );
}

/** What made the pictures, without anything that only tells where things lie. */
function recordOf(
  { request, step }: PlannedStep,
  { planned }: DrawingSource,
): Record<string, unknown> {
  const {
    prompts,
    frames,
    size,
    steps,
    guidance_scale,
    negative_prompt,
    sampler,
    weights,
    per_prompt,
  } = step as GenerateStep;
  return {
    fluxline_version: FLUXLINE_VERSION,
    seed: request.seed,
    ...{ prompts, frames, per_prompt, size, steps, guidance_scale },
    negative_prompt,
    solver: sampler,
    source: planned === null
      ? Object.fromEntries(
        (request.weight_files?.files ?? []).map((
          file,
        ) => [file.components.join("+"), file.sha256]),
      )
      : { run: request.run, step: planned.name, key: planned.key, weights },
  };
}

interface ListedPicture {
  readonly file: string;
  readonly prompt: string;
  readonly towards?: string;
  readonly share?: number;
}

/** Leaves nothing but the pictures and their list in the folder; answers that list. */
async function gatherPictures(folder: string): Promise<ListedPicture[]> {
  const { output } = stepPaths(folder);
  for (const { name } of await Array.fromAsync(Deno.readDir(folder))) {
    const path = join(folder, name);
    if (path !== output) await removeTree(path);
  }
  for (const { name } of await Array.fromAsync(Deno.readDir(output))) {
    await renameEntry(join(output, name), join(folder, name));
  }
  await removeEntry(output);
  return JSON.parse(await Deno.readTextFile(join(folder, "prompts.json")));
}
