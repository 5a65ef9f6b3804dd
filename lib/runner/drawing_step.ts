// A drawing as a generate step: what its process is given.
import { EMBEDDED_ENGINE } from "../engine_setup/engine_choice.ts";
import { join, resolve } from "node:path";
import {
  type PictureSides,
  sizeFault,
  writtenSize,
} from "../catalog/picture_size.ts";
import type { GenerateStep, Pipeline } from "../catalog/pipeline.ts";
import { buildRequest } from "../plan/build_request.ts";
import { PACKAGE_ROOT, type PlannedStep } from "../plan/plan.ts";
import { READS_NOTHING } from "../plan/step_reads.ts";
import { planText, planWeights } from "../plan/plan_weights.ts";
import { UsageError } from "../error/failure.ts";
import { positionAt } from "../source/position.ts";
import { FingerprintCache } from "../store/fingerprint_cache.ts";
import { storeLayout } from "../store/store_layout.ts";
import { stepPermissions } from "../worker/permissions.ts";
import type { DrawingSource } from "./drawing_source.ts";

/** What to draw. */
export interface DrawingOptions {
  readonly prompts: readonly string[];
  /** Pictures from the first of two prompts to the second; null draws the prompts themselves. */
  readonly frames: number | null;
  /** Null for the pipeline's. */
  readonly seed: number | null;
  /** Null for that of the training data. */
  readonly size: PictureSides | null;
  readonly steps: number;
  readonly guidance: number;
  readonly negative: string;
  readonly solver: "dpm++" | "euler";
  readonly weights: "ema" | "raw";
  /** Pictures per prompt, or ways between two. */
  readonly count: number;
  /** Folder that is made; it must not exist. */
  readonly to: string;
}

/** @throws {UsageError} where the diffusion has fewer times than the sampler is to make steps */
export function requireSteps(
  steps: number,
  { model }: Pick<Pipeline, "model">,
): void {
  const times = model.num_train_timesteps;
  if (steps <= times) return;
  throw new UsageError(
    `Cannot draw with --steps ${steps}: the diffusion has ${times} times ("model.num_train_timesteps")`,
    { hint: `Write ${times} or less` },
  );
}

/** @throws {UsageError} where the model cannot make the size */
export function requireSize(
  size: PictureSides | null,
  { model }: Pick<Pipeline, "model">,
): void {
  const fault = size === null ? null : sizeFault(size, model.downscales);
  if (fault === null) return;
  throw new UsageError(
    `Cannot draw pictures of this size: ${fault.reason}`,
    { hint: fault.hint },
  );
}

/** The options as a step of the pipeline would have them. */
export function generateStep(
  pipeline: Pipeline,
  source: DrawingSource,
  options: DrawingOptions,
): GenerateStep {
  const { from } = source.step;
  return {
    ...source.step,
    name: "generate",
    task: "generate",
    index: pipeline.steps.length,
    description: "",
    needs: from === null ? [] : [from],
    permissions: { read: [], write: [], net: [], env: [] },
    retry: { attempts: 1, backoff_seconds: 0 },
    timeout_seconds: null,
    resources: { cpus: null, memory: null, gpus: null, time: null },
    position: positionAt(pipeline.sources.text, 0, 0),
    prompts: [...options.prompts],
    ...(options.frames === null ? {} : { frames: options.frames }),
    size: options.size === null ? null : writtenSize(options.size),
    steps: options.steps,
    guidance_scale: options.guidance,
    negative_prompt: options.negative,
    sampler: options.solver,
    weights: options.weights,
    per_prompt: options.count,
  };
}

/** The step as a plan would have it, but in a folder outside of the store. */
export async function planDrawing(
  pipeline: Pipeline,
  source: DrawingSource,
  step: GenerateStep,
  place: {
    readonly folder: string;
    readonly seed: number;
    readonly runsDir: string;
  },
): Promise<PlannedStep> {
  const cache = await FingerprintCache.open(
    storeLayout(resolve(place.runsDir)).fingerprints,
  );
  const request = {
    ...buildRequest({
      pipeline: { ...pipeline, seed: place.seed },
      step,
      key: source.planned?.key ?? "",
      work: {},
      folder: place.folder,
      // It needs one step at most: the one whose weights draw.
      folderOf: () => source.planned?.folder ?? "",
      inputs: step.needs,
      engine: EMBEDDED_ENGINE,
      packageRoot: PACKAGE_ROOT,
      reads: {
        ...READS_NOTHING,
        weights: await planWeights(step, pipeline, cache),
        text: await planText(step, pipeline, cache),
      },
    }),
    lock: join(place.folder, "lock"),
  };
  return {
    name: step.name,
    task: step.task,
    needs: step.needs,
    key: request.key,
    folder: place.folder,
    step,
    request,
    permissions: stepPermissions(request),
    sharedWith: [],
    action: "run",
    reason: "asked for",
    changes: [],
    setsAside: false,
    marker: null,
    cursor: null,
  };
}
