// Runs one step in this process while other steps of its run may run elsewhere: what a job of a cluster does.
import { resolve } from "node:path";
import {
  RefusedError,
  StepFailure,
  TimedOutError,
  UsageError,
} from "../error/failure.ts";
import { secondsOf } from "../clock/duration.ts";
import type { Plan, PlannedStep } from "../plan/plan.ts";
import { didYouMean } from "../source/suggestion.ts";
import { readCheckpointCursor } from "../store/checkpoint_record.ts";
import { readMarker } from "../store/marker.ts";
import { sharingOf } from "../store/shared_folder.ts";
import type { CheckpointWish } from "./checkpoint_wish.ts";
import { fetchStepCode, rememberGraphs } from "./step_code.ts";
import { LocalExecutor } from "./local_executor.ts";
import { followTicket } from "./drive_plan.ts";
import { RunJournal } from "./run_journal.ts";
import { isRunFinished, recordStep, type RunPlace } from "./run_records.ts";
import type { RunObserver } from "./run_notice.ts";
import { reportRun } from "./run_report.ts";
import { blankStep, endOfStep, type StepSummary } from "./run_summary.ts";
import type { StopControl } from "./stop_control.ts";
import { hasRecords } from "./trusted_plan.ts";

/** What running a step alone needs beside the step. */
export interface AloneOptions {
  readonly runsDir: string;
  readonly run: string;
  readonly stop: StopControl;
  readonly observe: RunObserver;
  readonly checkpointWish: CheckpointWish;
  readonly stopGraceMs: number;
  /** How long before the end of `resources.time` the process is told to save; null where nothing counts its time. */
  readonly saveBeforeSeconds: number | null;
  /** Seconds of the job's time that had gone by when this process started. */
  readonly secondsBefore?: number;
}

// The process of a node that failed is dead for its successor only after its lease has run out.
const LOCK_WAIT_MS = 600_000;
/** A signal comes up to this much earlier than asked for. */
const SIGNAL_SLACK_SECONDS = 65;

/** Runs the step to its marker, with the run's records kept. A failure is part of the answer. */
export async function runAlone(
  step: PlannedStep,
  options: AloneOptions,
): Promise<StepSummary> {
  const runsDir = resolve(options.runsDir);
  const { run, stop, observe } = options;
  const place: RunPlace = { runsDir, run, sharing: await sharingOf(runsDir) };
  const { name, key } = step;
  await requireNeeds(step);
  const graphOf = rememberGraphs();
  await fetchStepCode([step], graphOf, stop.asked);
  const before = await globalStep(step);
  const began = before === null ? "step_started" : "step_resumed";
  await recordStep(place, { kind: began, step: name, key }, "running");
  const executor = new LocalExecutor({
    observe,
    checkpointWish: options.checkpointWish,
    stopGraceMs: options.stopGraceMs,
    lockWaitMs: LOCK_WAIT_MS,
    graphOf,
    renewed: new Set(),
    sharing: place.sharing,
    limits: null,
  });
  const [ticket] = await executor.submit([step]);
  if (ticket === undefined) throw new RangeError(`"${name}" was not taken`);
  let summary = await followTicket(ticket, executor, stop);
  // The clock counts from the start of the process.
  const ranSeconds = (options.secondsBefore ?? 0) + performance.now() / 1000;
  if (
    summary.state === "stopped" && usedAllItsTime(step, ranSeconds, options)
  ) {
    const after = await globalStep(step);
    if (after === before) summary = noProgress(step, ranSeconds);
  }
  await recordEnd(place, summary, observe);
  return summary;
}

/**
 * The step called `name`, with the run's records begun where there are none of this plan. The caller holds the run's lock.
 *
 * @throws UsageError where there is no such step
 * @throws RefusedError where a step that it needs is not finished
 */
export async function chosenStep(
  plan: Plan,
  name: string,
): Promise<PlannedStep> {
  const step = plan.steps.find((one) => one.name === name);
  if (step === undefined) {
    const names = plan.steps.map((one) => one.name);
    throw new UsageError(
      `Cannot apply --only: pipeline "${plan.file}" has no step "${name}"${
        didYouMean(name, names)
      }`,
      { hint: `Name one of its steps: ${names.join(", ")}` },
    );
  }
  const missing = plan.steps.filter((one) =>
    step.needs.includes(one.name) && one.action !== "reuse"
  );
  if (missing.length > 0) {
    const names = missing.map((one) => `"${one.name}"`).join(", ");
    throw new RefusedError(
      `Cannot run step "${name}" alone: it needs ${names}, not finished yet`,
      { hint: "Run those first, or leave out --only to run everything" },
    );
  }
  if (!hasRecords(plan)) {
    const states = new Map(
      plan.steps.map((one) =>
        [one.name, one.action === "reuse" ? "reused" : "waiting"] as const
      ),
    );
    await new RunJournal(plan, states).record({ kind: "run_started" });
  }
  return step;
}

/** @throws StepFailure where a step that this one needs is not there */
async function requireNeeds({ name, request }: PlannedStep): Promise<void> {
  for (const [need, folder] of Object.entries(request.inputs)) {
    const found = await readMarker(folder, { deep: false });
    if (found.kind === "complete") continue;
    throw new StepFailure(
      `Cannot start step "${name}": step "${need}", which it needs, is ${
        found.kind === "damaged" ? `damaged: ${found.reason}` : "not finished"
      }`,
      { hint: "Run the same command again: it submits what is missing" },
    );
  }
}

async function globalStep({ request }: PlannedStep): Promise<number | null> {
  const found = await readCheckpointCursor(request.folder);
  return found.kind === "ready" ? found.cursor.globalStep : null;
}

function usedAllItsTime(
  { step: { resources: { time } } }: PlannedStep,
  ranSeconds: number,
  { saveBeforeSeconds }: AloneOptions,
): boolean {
  if (time === null || saveBeforeSeconds === null) return false;
  // A preemption soon after the start, or a signal that came early, says nothing about the next job.
  const promised = secondsOf(time) - saveBeforeSeconds;
  if (ranSeconds < promised / 2) return false;
  const left = secondsOf(time) - ranSeconds;
  return left <= saveBeforeSeconds + SIGNAL_SLACK_SECONDS;
}

/** A step that got no further in all of its time would do the same for ever. */
function noProgress(step: PlannedStep, ranSeconds: number): StepSummary {
  const why = step.task === "script"
    ? "a script cannot save and go on"
    : "it saved nothing new in it";
  return blankStep(
    step,
    "failed",
    new TimedOutError(
      `Step "${step.name}" did not get done in its \`resources.time\`: after ${
        Math.round(ranSeconds)
      } s it was told to save, and ${why}`,
      {
        hint:
          "Raise the step's `resources.time`, or lower `executor.slurm.save_before`",
      },
    ),
  );
}

async function recordEnd(
  place: RunPlace,
  summary: StepSummary,
  observe: RunObserver,
): Promise<void> {
  // A stopped job goes back to the queue, or was cancelled: the queue tells which.
  const manifest = await recordStep(
    place,
    endOfStep(summary),
    summary.state === "stopped" ? "queued" : summary.state,
  );
  if (isRunFinished(manifest)) await reportRun(place, true, observe);
}
