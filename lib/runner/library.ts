// The library's face: load, plan and run with plain records in and out. What the command line does, these three do.
import type { Pipeline } from "../catalog/pipeline.ts";
import { loadPipeline } from "../config/load_pipeline.ts";
import { PipelineRefused } from "../config/pipeline_refused.ts";
import {
  ANY_ENGINE,
  engineNameFrom,
  type EngineWish,
  plannedEngine,
} from "../engine_setup/engine_wish.ts";
import type { ExitCode } from "../error/exit_code.ts";
import type { Failure } from "../error/failure.ts";
import { planPipeline } from "../plan/plan.ts";
import { planToJson } from "../plan/plan_json.ts";
import { renderPlan } from "../plan/render_plan.ts";
import type { RunNotice } from "./run_notice.ts";
import type { StepSummary } from "./run_summary.ts";
import { runPipeline } from "./runner.ts";
import { StopControl } from "./stop_control.ts";

/** How to load a pipeline. */
export interface LoadOptions {
  /** Overrides of the form `a.b=value`, as `--set` takes them. */
  readonly set?: readonly string[];
  /** The cell that is meant, in a file whose `matrix` stands for many runs. */
  readonly cell?: string;
}

/** A pipeline file that passed every check. */
export interface LoadedPipeline {
  /** Path as it was given. */
  readonly file: string;
  /** Name of the run, and of its folder. */
  readonly name: string;
  /** `legacy` is a file without `training.pipeline`: one step made from flat keys. */
  readonly mode: "pipeline" | "legacy";
  /** Seed from which every random stream derives. */
  readonly seed: number;
  /** Names of the steps, in the order of the file. */
  readonly steps: readonly string[];
  /** Doubts that do not keep the pipeline from running, one sentence each. */
  readonly warnings: readonly string[];
}

/** What a plan is asked for. */
export interface PlanOptions {
  /** Folder of all runs; `runs` by default. */
  readonly runsDir?: string;
  /** Steps to redo although they are finished. */
  readonly force?: readonly string[];
  /** Steps to redo with everything that needs them. */
  readonly from?: readonly string[];
  /** Left out: the engine that the run's manifest records, else the embedded one. `auto` takes the first that works. */
  readonly engine?: "auto" | "tensorflow" | "webgpu" | "wasm";
  /** Redo finished steps whose results come from another engine. */
  readonly sameEngine?: boolean;
}

/** What a run would do now. */
export interface PipelinePlan {
  /** Name of the run. */
  readonly run: string;
  /** In an order in which one after the other could run. */
  readonly steps: readonly PlanStep[];
  /** The plan as `fluxline plan` prints it, without colours. */
  readonly text: string;
  /** The plan as `fluxline plan --json` prints it. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** One step of a plan. */
export interface PlanStep {
  /** Name of the step. */
  readonly name: string;
  /** Digest of all that can change its result. */
  readonly key: string;
  /** `wait` will run too, once the steps that it needs have finished. */
  readonly action: "run" | "resume" | "reuse" | "wait";
  /** Why, in one clause. */
  readonly reason: string;
  /** Absolute folder of its work. */
  readonly folder: string;
}

/** How to run a pipeline. */
export interface RunOptions extends PlanOptions {
  /** Where steps run: processes of this machine by default, or jobs of a Slurm cluster. */
  readonly executor?: "local" | "slurm";
  /** How long to wait for the run's jobs, in milliseconds; left out, the outcome is `submitted` at once. */
  readonly waitMs?: number;
  /** Steps at the same time; 1 by default. */
  readonly jobs?: number;
  /** Redo finished work although other runs refer to it; refused by default. */
  readonly redoShared?: boolean;
  /** Start although the checkpoints may take more than is free; refused by default. */
  readonly ignoreFreeSpace?: boolean;
  /** Aborting it makes running steps save and leave, as SIGTERM does. */
  readonly signal?: AbortSignal;
  /** Called for every line that a step prints and for every report of how far it is. */
  readonly onProgress?: (progress: RunProgress) => void;
}

/** A line of a step, or how far it is. */
export interface RunProgress {
  /** Name of the step. */
  readonly step: string;
  /** Log text, or the phase that `done` and `total` count. */
  readonly text: string;
  /** Null for a line of text. */
  readonly done: number | null;
  /** Null for a line of text. */
  readonly total: number | null;
}

/** How a run ended. */
export interface RunResult {
  /** Name of the run. */
  readonly run: string;
  /** `failed` and `stopped` runs go on with the next call. */
  readonly outcome:
    | "done"
    | "nothing_to_do"
    /** Its steps are jobs of a cluster that nobody waits for here. */
    | "submitted"
    | "failed"
    | "stopped";
  /** The exit code that the command line would end with. */
  readonly exitCode: ExitCode;
  /** In plan order. */
  readonly steps: readonly StepResult[];
}

/** How one step ended. */
export interface StepResult {
  /** Name of the step. */
  readonly name: string;
  /** `waiting` steps were not started, because another one failed or the run was stopped. */
  readonly state:
    | "waiting"
    /** Handed to a cluster. */
    | "queued"
    | "running"
    | "done"
    | "reused"
    | "failed"
    | "stopped";
  /** Absolute folder of its work. */
  readonly folder: string;
  /** Final numbers, by name. */
  readonly metrics: Readonly<Record<string, number>>;
  /** The step's own sentence, such as a verdict; null where it has none. */
  readonly summary: string | null;
  /** Absolute paths of pictures. */
  readonly pictures: readonly string[];
  /** Why it failed; null where it did not. */
  readonly failure: Failure | null;
}

// The checked pipeline stays inside, so that its many records need not be part of the library's promise.
const CHECKED = new WeakMap<LoadedPipeline, Pipeline>();

/**
 * Reads and checks a pipeline file.
 *
 * @throws Failure with exit code 3 whose message shows every error with its place
 */
export async function load(
  file: string,
  options: LoadOptions = {},
): Promise<LoadedPipeline> {
  const loaded = await loadPipeline(file, {
    overrides: options.set ?? [],
    needsOneRun: true,
    ...(options.cell === undefined ? {} : { cell: options.cell }),
  });
  if (!loaded.ok) throw new PipelineRefused(file, loaded.diagnostics);
  const { name, mode, seed, steps } = loaded.value;
  const pipeline: LoadedPipeline = {
    file,
    name,
    mode,
    seed,
    steps: steps.map((step) => step.name),
    warnings: loaded.warnings.map((warning) => warning.message),
  };
  CHECKED.set(pipeline, loaded.value);
  return pipeline;
}

/**
 * Says what a run would do, and why. Runs and writes nothing.
 *
 * @throws Failure where data or modules are missing, or a named step does not exist
 */
export async function plan(
  pipeline: LoadedPipeline,
  options: PlanOptions = {},
): Promise<PipelinePlan> {
  const found = await planPipeline(checked(pipeline), {
    runsDir: options.runsDir ?? "runs",
    force: options.force ?? [],
    from: options.from ?? [],
    sameEngine: options.sameEngine ?? false,
    ...(options.engine === undefined
      ? {}
      : plannedEngine(wishFor(options.engine))),
  });
  return {
    run: found.run,
    steps: found.steps.map(({ name, key, action, reason, folder }) => ({
      name,
      key,
      action,
      reason,
      folder,
    })),
    text: renderPlan(found, { color: false }),
    json: planToJson(found),
  };
}

/**
 * Runs the pipeline, or goes on where it stopped. A failed step is part of the result.
 *
 * @throws Failure with exit code 5 where another process runs it, 3 where data or code is missing
 */
export async function run(
  pipeline: LoadedPipeline,
  options: RunOptions = {},
): Promise<RunResult> {
  const stop = new StopControl();
  const { signal, onProgress } = options;
  const abort = () => stop.request("SIGTERM");
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  try {
    const summary = await runPipeline(checked(pipeline), {
      runsDir: options.runsDir ?? "runs",
      jobs: options.jobs ?? 1,
      executor: options.executor ?? "local",
      ...(options.waitMs === undefined ? {} : { waitMs: options.waitMs }),
      force: options.force ?? [],
      from: options.from ?? [],
      sameEngine: options.sameEngine ?? false,
      ...(options.engine === undefined
        ? {}
        : { engine: wishFor(options.engine) }),
      ignoreFreeSpace: options.ignoreFreeSpace ?? false,
      confirm: () => options.redoShared === true,
      stop,
      observe: (notice) => tell(notice, onProgress),
    });
    const { outcome, exitCode } = summary;
    const steps = summary.steps.map(stepResult);
    return { run: summary.run, outcome, exitCode, steps };
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

function wishFor(engine: string): EngineWish {
  return { ...ANY_ENGINE, name: engineNameFrom(engine) };
}

function checked(pipeline: LoadedPipeline): Pipeline {
  const found = CHECKED.get(pipeline);
  if (found !== undefined) return found;
  throw new TypeError(
    `Cannot use pipeline "${pipeline.name}": it does not come from load()`,
  );
}

function tell(
  notice: RunNotice,
  onProgress: RunOptions["onProgress"],
): void {
  if (notice.kind === "step_log") {
    const { step: { name }, text } = notice;
    onProgress?.({ step: name, text, done: null, total: null });
  } else if (notice.kind === "step_progress") {
    const { step: { name }, update: { phase, done, total } } = notice;
    onProgress?.({ step: name, text: phase, done, total });
  }
}

function stepResult(summary: StepSummary): StepResult {
  const { name, state, folder, metrics, text, pictures, failure } = summary;
  return { name, state, folder, metrics, summary: text, pictures, failure };
}
