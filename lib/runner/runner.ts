// Drives a pipeline to its end: takes the run's lock, plans, hands what is to do to an executor, keeps the records, sums up.
import { resolve } from "node:path";
import type { Pipeline } from "../catalog/pipeline.ts";
import { LockedError } from "../error/failure.ts";
import { formatDuration } from "../clock/duration.ts";
import type { LeaseTiming } from "../disk/lease.ts";
import { PACKAGE_ROOT, type Plan, type PlannedStep } from "../plan/plan.ts";
import { knownEstimates } from "../store/estimate_record.ts";
import { requireRunsFolder } from "../store/runs_folder.ts";
import type { StepState } from "../store/run_record.ts";
import { shareFolder, sharingOf } from "../store/shared_folder.ts";
import { runPaths } from "../store/store_layout.ts";
import { ownCommand } from "../worker/own_command.ts";
import { CheckpointWish, watchCheckpointFile } from "./checkpoint_wish.ts";
import { drivePlan } from "./drive_plan.ts";
import type { StepTicket } from "./executor.ts";
import { LocalExecutor } from "./local_executor.ts";
import { isFinished } from "./ready_set.ts";
import { chosenStep, runAlone } from "./run_alone.ts";
import { RunJournal } from "./run_journal.ts";
import { keepEstimates } from "./run_estimates.ts";
import { tellEnd, tellRefusal } from "./run_end.ts";
import { lockRun } from "./run_lock.ts";
import type { RunObserver } from "./run_notice.ts";
import { reportRun } from "./run_report.ts";
import {
  finishedStep,
  type RunSummary,
  type StepSummary,
  sumUp,
} from "./run_summary.ts";
import { SlurmExecutor } from "./slurm_executor.ts";
import { fetchStepCode, rememberGraphs } from "./step_code.ts";
import { StopControl } from "./stop_control.ts";
import { followJobs, submitSteps } from "./submit_run.ts";
import { WaitingSteps } from "./waiting_steps.ts";
import {
  hasRecords,
  isManifestCurrent,
  planTrusted,
  type RunOptions,
} from "./trusted_plan.ts";

export type { RunOptions } from "./trusted_plan.ts";

const STOP_GRACE_MS = 30_000;
const LOCK_WAIT_MS = 60_000;

/** What the parts of one run share. */
interface Running {
  readonly options: RunOptions;
  readonly stop: StopControl;
  readonly observe: RunObserver;
  readonly sharing: LeaseTiming | null;
}

/** A run whose plan is drawn. */
interface BegunRun {
  readonly plan: Plan;
  readonly pending: readonly PlannedStep[];
  readonly states: Map<string, StepState>;
  readonly ended: Map<string, StepSummary>;
  readonly journal: RunJournal;
}

/**
 * Runs what the plan says and answers how it ended; a failed step is part of the answer.
 *
 * @throws LockedError where another process runs the same run, or its jobs go on after the wait
 * @throws RefusedError where data or code is missing, shared work may not be redone, or steps cannot run where they should
 * @throws StoppedError where a stop came before the first step could start
 * @throws UsageError where `force`, `from` or `only` names no step
 */
export async function runPipeline(
  pipeline: Pipeline,
  options: RunOptions,
): Promise<RunSummary> {
  requireRunsFolder(options.runsDir);
  const start = performance.now();
  const stop = options.stop ?? new StopControl();
  const observe = options.observe ?? (() => {});
  const isShared = options.executor === "slurm" || options.only !== undefined;
  const sharing = isShared
    ? await shareFolder(options.runsDir)
    : await sharingOf(options.runsDir);
  const running: Running = { options, stop, observe, sharing };
  const { plan, ended } = await runLocked(pipeline, running)
    .catch(async (error: unknown) => {
      if (stop.explains(error)) {
        throw stop.stopped(`run "${pipeline.name}" had not begun`);
      }
      if (!stop.asked.aborted) await tellRefusal(pipeline, error, observe);
      throw error;
    });
  const summary = sumUp(plan, ended, stop, performance.now() - start);
  const isChanged = summary.outcome !== "nothing_to_do";
  const report = await reportRun(plan, isChanged, observe);
  const estimates = await knownEstimates(plan.runsDir, plan.run);
  const told: RunSummary = { ...summary, estimates, report };
  // One step of several, run alone, is not the end of the run.
  if (options.only === undefined) await tellEnd(pipeline, told, observe);
  return told;
}

type Ended = Pick<BegunRun, "plan" | "ended">;

/** Holds the run's lock for as long as this process runs its steps; jobs of a cluster are followed without it. */
async function runLocked(
  pipeline: Pipeline,
  running: Running,
): Promise<Ended> {
  const { options, stop, observe, sharing } = running;
  const tellStop = () =>
    observe({ kind: "stopping", signal: stop.cause ?? "SIGTERM" });
  stop.asked.addEventListener("abort", tellStop);
  let begun: BegunRun;
  let follow: () => Promise<void>;
  try {
    await using _lock = await lockRun(options.runsDir, pipeline.name, {
      waitMs: options.waitMs ?? 0,
      signal: stop.asked,
      ...{ observe, sharing },
    });
    const plan = await planTrusted(pipeline, options, stop, observe);
    if (options.only !== undefined) {
      const step = await chosenStep(plan, options.only);
      begun = begin({ ...plan, steps: [step] });
      follow = () => runOnly(step, begun, running);
    } else {
      begun = begin(plan);
      follow = await runPending(begun, running);
    }
  } finally {
    stop.asked.removeEventListener("abort", tellStop);
  }
  await follow();
  return begun;
}

function begin(plan: Plan): BegunRun {
  const ended = new Map<string, StepSummary>();
  const states = new Map<string, StepState>();
  for (const step of plan.steps) {
    const isThere = step.marker !== null && !step.setsAside;
    states.set(step.name, isThere ? "reused" : "waiting");
    if (step.marker !== null && isThere) {
      ended.set(step.name, finishedStep(step, step.marker, "reused"));
    }
  }
  const pending = plan.steps.filter(({ name }) =>
    states.get(name) === "waiting"
  );
  const journal = new RunJournal(plan, states);
  return { plan, pending, states, ended, journal };
}

/** Runs the pending steps, or hands them over; what is left to do without the run's lock is the answer. */
async function runPending(
  begun: BegunRun,
  running: Running,
): Promise<() => Promise<void>> {
  const { plan, pending, journal } = begun;
  if (pending.length === 0) {
    // Nothing to do writes nothing, unless the manifest tells of other work.
    if (!isManifestCurrent(plan)) {
      await journal.record({ kind: "run_finished" });
    }
    return () => Promise.resolve();
  }
  if (running.options.executor === "slurm") return await submit(begun, running);
  await runHere(begun, running);
  return () => Promise.resolve();
}

async function runHere(
  begun: BegunRun,
  { options, stop, observe, sharing }: Running,
): Promise<void> {
  const { plan, pending, states, ended, journal } = begun;
  const { gate = null } = options;
  const checkpointWish = options.checkpointWish ?? new CheckpointWish();
  const follow = journal.follow(observe);
  const graphOf = rememberGraphs();
  await using waiting = new WaitingSteps(plan.runsDir, graphOf);
  const executor = new LocalExecutor({
    observe: follow,
    ...{ checkpointWish, sharing },
    stopGraceMs: options.stopGraceMs ?? STOP_GRACE_MS,
    lockWaitMs: options.waitMs ?? LOCK_WAIT_MS,
    ...{ graphOf, waiting },
    renewed: new Set(),
    limits: plan.pipeline.executor.local,
    gate,
  });
  await executor.prepare(pending);
  await journal.record({ kind: "run_started" });
  await keepEstimates(plan);
  try {
    observe({ kind: "fetching_code" });
    await fetchStepCode(pending, graphOf, stop.asked, gate?.fetched);
    using _file = watchCheckpointFile(
      runPaths(plan.runsDir, plan.run).checkpointNow,
      checkpointWish,
    );
    const driving = { stop, observe: follow, states, ended, journal, gate };
    await drivePlan(plan, { executor, jobs: options.jobs ?? 1, ...driving });
  } catch (error) {
    if (!stop.asked.aborted) throw error;
  }
  const isOver = plan.steps.every((step) => isFinished(states.get(step.name)));
  const failed = [...states.values()].includes("failed");
  await journal.record({
    kind: isOver ? "run_finished" : failed ? "run_failed" : "run_stopped",
  });
}

async function submit(
  { plan, pending, states, ended, journal }: BegunRun,
  { options, stop, observe, sharing }: Running,
): Promise<() => Promise<void>> {
  const executor = new SlurmExecutor({
    ...{ runsDir: plan.runsDir, run: plan.run, observe },
    options: plan.pipeline.executor.slurm,
    command: [Deno.execPath(), ...ownCommand(PACKAGE_ROOT)],
    batch: options.batch ?? null,
    signal: stop.asked,
  });
  await executor.prepare(pending);
  observe({ kind: "fetching_code" });
  const fetched = options.gate?.fetched;
  await fetchStepCode(pending, rememberGraphs(), stop.asked, fetched);
  const submitting = {
    ...{ executor, observe, states, ended, journal, sharing },
    hasRecords: hasRecords(plan),
  };
  const tickets: readonly StepTicket[] = await submitSteps(pending, submitting);
  if (tickets.some(({ isNew }) => isNew)) await keepEstimates(plan);
  const { waitMs } = options;
  if (waitMs === undefined) return () => Promise.resolve();
  return async () => {
    try {
      if (await followJobs(plan, tickets, waitMs, submitting)) return;
    } catch (error) {
      // Whoever waits may leave; the jobs go on.
      if (stop.asked.aborted) return;
      throw error;
    }
    const why = executor.stuckJobs().map((text) => `; ${text}`).join("");
    throw new LockedError(
      `The jobs of run "${plan.run}" are not done after ${
        formatDuration(waitMs)
      }${why}`,
      { hint: "They go on; give --wait again to follow them" },
    );
  };
}

async function runOnly(
  step: PlannedStep,
  { plan, pending, ended }: BegunRun,
  { options, stop, observe }: Running,
): Promise<void> {
  if (pending.length === 0) return;
  const summary = await runAlone(step, {
    ...{ runsDir: resolve(options.runsDir), run: plan.run, stop, observe },
    checkpointWish: options.checkpointWish ?? new CheckpointWish(),
    stopGraceMs: options.stopGraceMs ?? STOP_GRACE_MS,
    saveBeforeSeconds: null,
  });
  ended.set(step.name, summary);
  observe({ kind: "step_ended", step, summary });
}
