// Drives a pipeline to its end: takes the run's lock, plans, starts what is ready, keeps the records, sums up.
import { RefusedError } from "../error/failure.ts";
import type { Pipeline } from "../catalog/pipeline.ts";
import type { EngineChoice } from "../engine_setup/engine_choice.ts";
import type { EngineWish } from "../engine_setup/engine_wish.ts";
import { type Plan, planPipeline } from "../plan/plan.ts";
import { requireRunsFolder } from "../store/runs_folder.ts";
import type { StepState } from "../store/run_record.ts";
import { runPaths } from "../store/store_layout.ts";
import { fetchCode } from "../worker/code_fetch.ts";
import { type ModuleGraph, readModuleGraph } from "../worker/module_graph.ts";
import { stepEntry } from "../worker/permission_flags.ts";
import { CheckpointWish, watchCheckpointFile } from "./checkpoint_wish.ts";
import { drivePlan } from "./drive_plan.ts";
import { planOnEngine } from "./engine_decision.ts";
import { setAsideDamagedInputs } from "./input_check.ts";
import { LocalExecutor } from "./local_executor.ts";
import { isFinished } from "./ready_set.ts";
import { RunJournal } from "./run_journal.ts";
import { lockRun } from "./run_lock.ts";
import type { RunObserver } from "./run_notice.ts";
import { reportRun } from "./run_report.ts";
import {
  finishedStep,
  type RunSummary,
  type StepSummary,
  sumUp,
} from "./run_summary.ts";
import { StopControl } from "./stop_control.ts";

/** How to run a pipeline. */
export interface RunOptions {
  /** Folder of all runs, relative or absolute. */
  readonly runsDir: string;
  /** Steps at the same time; 1 by default. */
  readonly jobs?: number;
  /** Steps to redo although they are finished. */
  readonly force?: readonly string[];
  /** Steps to redo with everything that needs them. */
  readonly from?: readonly string[];
  /** Left out: the engine that the run recorded, else the embedded one. */
  readonly engine?: EngineWish;
  /** Redo finished steps whose results come from another numeric class. */
  readonly sameEngine?: boolean;
  /** Asked before finished work that other runs refer to is moved aside; without it such work is refused. */
  readonly confirm?: (question: string) => boolean;
  readonly observe?: RunObserver;
  /** Stops the run from outside. */
  readonly stop?: StopControl;
  /** Asks running steps to save and go on. */
  readonly checkpointWish?: CheckpointWish;
  /** How long a step may take to save after it was asked to stop; 30 s by default. */
  readonly stopGraceMs?: number;
  /** How long to wait for another runner of the same run, and for another run that works on a shared step; 0 and 60 s by default. */
  readonly waitMs?: number;
}

const STOP_GRACE_MS = 30_000;
const LOCK_WAIT_MS = 60_000;

/**
 * Runs what the plan says and answers how it ended; a failed step is part of the answer.
 *
 * @throws LockedError where another process runs the same run
 * @throws RefusedError where data or code is missing, or shared work may not be redone
 * @throws UsageError where `force` or `from` names no step
 */
export async function runPipeline(
  pipeline: Pipeline,
  options: RunOptions,
): Promise<RunSummary> {
  requireRunsFolder(options.runsDir);
  const start = performance.now();
  const stop = options.stop ?? new StopControl();
  const observe = options.observe ?? (() => {});
  const tellStop = () =>
    observe({ kind: "stopping", signal: stop.cause ?? "SIGTERM" });
  stop.asked.addEventListener("abort", tellStop);
  try {
    await using _lock = await lockRun(options.runsDir, pipeline.name, {
      waitMs: options.waitMs ?? 0,
      signal: stop.asked,
      observe,
    });
    const plan = await planTrusted(pipeline, options, stop, observe);
    const steps = await runPlan(plan, options, stop, observe);
    const summary = sumUp(plan, steps, stop, performance.now() - start);
    const isChanged = summary.outcome !== "nothing_to_do";
    return { ...summary, report: await reportRun(plan, isChanged, observe) };
  } finally {
    stop.asked.removeEventListener("abort", tellStop);
  }
}

/** The plan, after everything finished that is about to be used was hashed: what does not match is moved aside and planned anew. */
async function planTrusted(
  pipeline: Pipeline,
  options: RunOptions,
  stop: StopControl,
  observe: RunObserver,
): Promise<Plan> {
  const draw = (engine?: EngineChoice) =>
    planPipeline(pipeline, {
      runsDir: options.runsDir,
      force: options.force ?? [],
      from: options.from ?? [],
      sameEngine: options.sameEngine ?? false,
      saveFingerprints: true,
      ...(engine === undefined ? {} : { engine }),
    });
  let plan = await planOnEngine(draw, options, stop.asked, observe);
  refuseShared(plan, options);
  while (await setAsideDamagedInputs(plan, observe)) {
    plan = await draw(plan.engine);
  }
  observe({ kind: "planned", plan });
  return plan;
}

function refuseShared(plan: Plan, options: RunOptions): void {
  for (const { name, sharedWith } of plan.steps) {
    if (sharedWith.length === 0) continue;
    const runs = sharedWith.map((run) => `"${run}"`).join(", ");
    const question =
      `Step "${name}" is also part of run ${runs}: redo it for all of them?`;
    if (options.confirm?.(question) === true) continue;
    throw new RefusedError(
      `Cannot redo step "${name}": run ${runs} refers to the same work`,
      { hint: "Give --yes to redo it for all of them" },
    );
  }
}

async function runPlan(
  plan: Plan,
  options: RunOptions,
  stop: StopControl,
  observe: RunObserver,
): Promise<Map<string, StepSummary>> {
  const ended = new Map<string, StepSummary>();
  const states = new Map<string, StepState>();
  for (const step of plan.steps) {
    states.set(
      step.name,
      step.marker === null || step.setsAside ? "waiting" : "reused",
    );
    if (step.marker !== null && !step.setsAside) {
      ended.set(step.name, finishedStep(step, step.marker, "reused"));
    }
  }
  const pending = plan.steps.filter((step) =>
    states.get(step.name) === "waiting"
  );
  const journal = new RunJournal(plan, states);
  if (pending.length === 0) {
    // Nothing to do writes nothing, unless the manifest tells of other work.
    if (!isManifestCurrent(plan)) {
      await journal.record({ kind: "run_finished" });
    }
    return ended;
  }
  const checkpointWish = options.checkpointWish ?? new CheckpointWish();
  const follow = journal.follow(observe);
  const executor = new LocalExecutor({
    observe: follow,
    checkpointWish,
    stopGraceMs: options.stopGraceMs ?? STOP_GRACE_MS,
    lockWaitMs: options.waitMs ?? LOCK_WAIT_MS,
    graphOf: rememberGraphs(),
    renewed: new Set(),
    limits: plan.pipeline.executor.local,
  });
  await executor.prepare(pending);
  await journal.record({ kind: "run_started" });
  try {
    observe({ kind: "fetching_code" });
    await fetchStepCode(plan, stop.asked);
    using _file = watchCheckpointFile(
      runPaths(plan.runsDir, plan.run).checkpointNow,
      checkpointWish,
    );
    const driving = { stop, observe: follow, states, ended, journal };
    await drivePlan(plan, { executor, jobs: options.jobs ?? 1, ...driving });
  } catch (error) {
    if (!stop.asked.aborted) throw error;
  }
  const isOver = plan.steps.every((step) => isFinished(states.get(step.name)));
  const failed = [...states.values()].includes("failed");
  await journal.record({
    kind: isOver ? "run_finished" : failed ? "run_failed" : "run_stopped",
  });
  return ended;
}

/** Looks each module graph up once. */
function rememberGraphs(): (
  entry: string,
  packageRoot: string,
) => Promise<ModuleGraph> {
  const known = new Map<string, Promise<ModuleGraph>>();
  return (entry, packageRoot) => {
    const graph = known.get(entry) ?? readModuleGraph(entry, packageRoot);
    known.set(entry, graph);
    return graph;
  };
}

async function fetchStepCode(plan: Plan, signal: AbortSignal): Promise<void> {
  const first = plan.steps[0];
  if (first === undefined) return;
  const { packageRoot } = first.request;
  const modules = plan.steps.flatMap(({ step }) =>
    step.task === "script" ? [step.uses_path] : []
  );
  const entries = [stepEntry(packageRoot), ...new Set(modules)];
  await fetchCode(entries, packageRoot, signal);
}

function isManifestCurrent(plan: Plan): boolean {
  const { manifest, pipeline } = plan;
  if (manifest === null || manifest.digest !== pipeline.digest) return false;
  if (manifest.steps.length !== plan.steps.length) return false;
  const known = new Map(manifest.steps.map((step) => [step.name, step]));
  return plan.steps.every(({ name, key }) => {
    const old = known.get(name);
    return old?.key === key && isFinished(old.state);
  });
}
