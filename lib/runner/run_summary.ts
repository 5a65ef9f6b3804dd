// How a run ended, as data: what the closing table, `train --json` and library users get.
import { join, relative, resolve } from "node:path";
import { isTemporaryName } from "../disk/atomic_write.ts";
import { isInnerPath } from "../disk/inner_path.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import type { TrainedAmount } from "../catalog/trained_amount.ts";
import type { Failure } from "../error/failure.ts";
import type { Plan, PlannedStep } from "../plan/plan.ts";
import { type Marker, orderedMetrics } from "../store/marker.ts";
import type { RunEstimates } from "../store/estimate_record.ts";
import type { RunEvent, StepState } from "../store/run_record.ts";
import { stepPaths } from "../store/store_layout.ts";
import type { StopControl } from "./stop_control.ts";
import { storedBytes } from "../store/stored_bytes.ts";

/** One row of the closing table. */
export interface StepSummary {
  readonly name: string;
  readonly task: string;
  readonly key: string;
  /** What the plan said: run, resume, reuse or wait. */
  readonly action: PlannedStep["action"];
  readonly state: StepState;
  readonly epochs: number | null;
  readonly metrics: Readonly<Record<string, number>>;
  /** One sentence of the step's own, such as a verdict. */
  readonly text: string | null;
  /** Wall-clock time of all its attempts; null where it never ran. */
  readonly elapsedMs: number | null;
  /** How much it trained; null for steps that do not train, and where nothing is known of it. */
  readonly trained: TrainedAmount | null;
  /** Share of the training that was spent waiting for batches; null like `trained`. */
  readonly dataWaitShare: number | null;
  /** Most memory that its last process was seen to hold; null where nobody looked. */
  readonly peakMemoryBytes: number | null;
  /** What its marker vouches for; null without one. */
  readonly files: { readonly count: number; readonly bytes: number } | null;
  /** Absolute. */
  readonly folder: string;
  /** Absolute. */
  readonly pictures: readonly string[];
  readonly failure: Failure | null;
  /** Absolute folder of the last attempt of this run, with its log; null where none began. */
  readonly attemptFolder: string | null;
}

/** What the run's events say of a step that has ended. */
export function endOfStep(
  { name, key, state, failure }: StepSummary,
): Omit<RunEvent, "at"> {
  const kind = state === "done"
    ? "step_finished"
    : state === "reused"
    ? "step_reused"
    : state === "stopped"
    ? "step_stopped"
    : "step_failed";
  const text = failure === null ? {} : { text: failure.message };
  return { kind, step: name, key, ...text };
}

/** How a run ended. */
export interface RunSummary {
  readonly run: string;
  readonly outcome:
    | "done"
    | "nothing_to_do"
    /** Its steps are jobs of a cluster that nobody waits for here. */
    | "submitted"
    | "failed"
    | "stopped";
  readonly exitCode: ExitCode;
  readonly elapsedMs: number;
  /** In plan order. */
  readonly steps: readonly StepSummary[];
  /** What its steps were expected to take; empty where nothing was known. */
  readonly estimates: RunEstimates;
  /** Path of the page about the run; null where it could not be written. */
  readonly report: string | null;
}

/** A step that is there, from its marker. */
export function finishedStep(
  step: PlannedStep,
  marker: Marker,
  state: "done" | "reused",
): StepSummary {
  const { result } = marker;
  return {
    ...blankStep(step, state),
    epochs: result.epochs ?? null,
    metrics: orderedMetrics(result),
    text: result.summary ?? null,
    elapsedMs: marker.elapsedMs,
    trained: result.trained ?? null,
    dataWaitShare: marker.dataWaitShare ?? null,
    peakMemoryBytes: marker.peakMemoryBytes ?? null,
    files: {
      count: marker.files.length,
      bytes: storedBytes(marker.files),
    },
    pictures: (result.pictures ?? []).map((path) =>
      resolve(step.request.folder, path)
    ),
  };
}

/** A step that has no result. */
export function blankStep(
  step: PlannedStep,
  state: StepState,
  failure: Failure | null = null,
): StepSummary {
  return {
    name: step.name,
    task: step.task,
    key: step.key,
    action: step.action,
    state,
    epochs: null,
    metrics: {},
    text: null,
    elapsedMs: null,
    trained: null,
    dataWaitShare: null,
    peakMemoryBytes: null,
    files: null,
    folder: step.request.folder,
    pictures: [],
    failure,
    attemptFolder: null,
  };
}

/** Pictures as the marker keeps them: relative to the step folder, so that the runs folder can be moved. */
export function relativePictures(
  folder: string,
  pictures: readonly string[],
): string[] {
  return [
    ...new Set(
      pictures.map((path) => relative(folder, resolve(folder, path)))
        .filter(isInnerPath),
    ),
  ];
}

/** Sample pictures of a step, the oldest first: those of earlier attempts are part of the result as much as the last one's. */
export function samplePictures(folder: string): string[] {
  const { samples } = stepPaths(folder);
  try {
    return [...Deno.readDirSync(samples)]
      .filter(({ name, isFile }) => isFile && !isTemporaryName(name))
      .map(({ name }) => join(samples, name)).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Exit code of a run: that of the first failure, else of the signal, else 0. */
function runExitCode(
  steps: readonly StepSummary[],
  stop: StopControl,
): ExitCode {
  const failed = steps.find((step) => step.state === "failed");
  if (failed !== undefined) {
    return failed.failure?.exitCode ?? EXIT_CODE.stepFailed;
  }
  const isLeft = steps.some(({ state }) =>
    state === "stopped" || state === "waiting" ||
    (state === "queued" && stop.cause !== null)
  );
  return isLeft ? stop.exitCode : EXIT_CODE.done;
}

/** The same as plain data. */
export function summaryToJson(summary: RunSummary): unknown {
  return {
    ...summary,
    steps: summary.steps.map(({ failure, ...step }) => ({
      ...step,
      failure: failure === null ? null : {
        message: failure.message,
        hint: failure.hint ?? null,
        exitCode: failure.exitCode,
      },
    })),
  };
}

/** The summary of a run whose steps ended as `ended` says; the others never began. */
export function sumUp(
  plan: Plan,
  ended: ReadonlyMap<string, StepSummary>,
  stop: StopControl,
  elapsedMs: number,
): Omit<RunSummary, "report" | "estimates"> {
  const steps = plan.steps.map((step) =>
    ended.get(step.name) ?? blankStep(step, "waiting")
  );
  const exitCode = runExitCode(steps, stop);
  const isQueued = steps.some((step) => step.state === "queued");
  const isNothing = steps.every((step) => step.state === "reused");
  const outcome = isNothing
    ? "nothing_to_do"
    : isQueued
    ? "submitted"
    : exitCode === EXIT_CODE.done
    ? "done"
    : steps.some((step) => step.state === "failed")
    ? "failed"
    : "stopped";
  return { run: plan.run, outcome, exitCode, elapsedMs, steps };
}
