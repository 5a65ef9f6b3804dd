// Brings one step to its marker: waits for whoever works on it, attempts it as often as its retry policy says, commits.
import { EXIT_CODE } from "../error/exit_code.ts";
import { Failure, LockedError, StepFailure } from "../error/failure.ts";
import { SYSTEM_CLOCK } from "../clock/clock.ts";
import type { LeaseTiming } from "../disk/lease.ts";
import { describeHolder, type LockHolder } from "../disk/lock_holder.ts";
import { dataWaitShare } from "../metrics/data_wait.ts";
import { readTimingRows } from "../metrics/metric_log.ts";
import type { PlannedStep } from "../plan/plan.ts";
import { readCheckpointCursor } from "../store/checkpoint_record.ts";
import { clearUnfinished } from "../store/clear_unfinished.ts";
import {
  commitMarker,
  type Marker,
  readMarker,
  type StoredResult,
} from "../store/marker.ts";
import { writeStepRequest } from "../store/request_record.ts";
import { acquireWorkLock, type WorkLock } from "../store/shared_folder.ts";
import { stepPaths } from "../store/store_layout.ts";
import type { StepRequest } from "../store/step_request.ts";
import { setAside } from "../store/set_aside.ts";
import { accessProblem, SYSTEM_HINT } from "../worker/access_problem.ts";
import { shownPath } from "../worker/permissions.ts";
import {
  type AttemptFolder,
  closeAttempt,
  openAttempt,
  totalElapsedMs,
} from "./attempt_record.ts";
import { keepEventFile } from "./step_event_file.ts";
import { retryDelayMs } from "./retry_policy.ts";
import {
  blankStep,
  finishedStep,
  relativePictures,
  samplePictures,
  type StepSummary,
} from "./run_summary.ts";
import {
  type AttemptOutcome,
  type AttemptScene,
  runAttempt,
} from "./step_attempt.ts";

/** What driving a step needs beside the scene of its attempts. */
export interface DriveScene extends AttemptScene {
  /** How long to wait for another process that works on the step. */
  readonly lockWaitMs: number;
  /** How leases are kept; null or left out where one host works in the folder. */
  readonly sharing?: LeaseTiming | null;
  /** Keys whose folders this run has already moved aside; two steps may share one. */
  readonly renewed: Set<string>;
}

/** Runs the step unless somebody finished it meanwhile. Failures, defects included, are part of the summary: other steps may still run. */
export async function driveStep(
  step: PlannedStep,
  scene: DriveScene,
): Promise<StepSummary> {
  try {
    return await attemptUntilDone(step, scene);
  } catch (error) {
    if (scene.stop.explains(error)) return blankStep(step, "stopped");
    return blankStep(step, "failed", asFailure(error, step));
  }
}

function asFailure(error: unknown, step: PlannedStep): Failure {
  if (error instanceof Failure) return error;
  const problem = accessProblem(error);
  if (problem?.kind === "no_space") {
    return new StepFailure(
      `No space left on the disk for step "${step.name}": ${problem.text}`,
      {
        hint:
          "Free some space and run the same command again; finished work is kept",
      },
    );
  }
  if (problem?.kind === "system") {
    return new StepFailure(
      `The file system refused step "${step.name}": ${problem.text}`,
      { hint: SYSTEM_HINT },
    );
  }
  const text = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? error.stack : undefined;
  return new Failure(EXIT_CODE.defect, text, { cause: stack });
}

async function attemptUntilDone(
  step: PlannedStep,
  scene: DriveScene,
): Promise<StepSummary> {
  // The step's own lock is free for a moment between its process and the marker; another run must not step in there.
  const { runnerLock } = stepPaths(step.request.folder);
  await using _lead = await takeLock(runnerLock, step, scene);
  for (let tries = 1;; tries++) {
    const prepared = await prepare(step, scene);
    if (prepared.kind === "finished") {
      return finishedStep(step, prepared.marker, "reused");
    }
    const { attempt } = prepared;
    scene.observe({ kind: "step_started", step, attempt: attempt.number });
    const start = performance.now();
    const outcome = await runAttempt(step, attempt, scene);
    const retry = outcome.kind === "failed" && outcome.isRetryable
      ? retryDelayMs(step.request.options.retry, tries)
      : null;
    await closeAttempt(attempt, {
      run: step.request.run,
      outcome: outcome.kind,
      elapsedMs: performance.now() - start,
      failure: outcome.kind === "failed" ? outcome.failure : null,
      retryDelayMs: retry,
    });
    if (outcome.kind === "done") {
      return await commit(step, outcome, attempt, scene);
    }
    await keepEventFile(step, null, scene.observe);
    if (outcome.kind === "stopped") return blankStep(step, "stopped");
    const { failure } = outcome;
    // Another runner was faster by a moment: wait for it as if it had been there before.
    if (failure.exitCode === EXIT_CODE.locked) continue;
    if (retry === null) {
      const attemptFolder = attempt.path;
      return { ...blankStep(step, "failed", failure), attemptFolder };
    }
    scene.observe({
      kind: "step_retry",
      step,
      failure,
      attempt: attempt.number,
      delayMs: retry,
    });
    await SYSTEM_CLOCK.sleep(retry, scene.stop.asked);
  }
}

type Prepared =
  | { readonly kind: "finished"; readonly marker: Marker }
  | { readonly kind: "ready"; readonly attempt: AttemptFolder };

/** Under the step's lock: looks again at the marker, clears what cannot be trusted, and writes down what the step is given. */
async function prepare(
  step: PlannedStep,
  scene: DriveScene,
): Promise<Prepared> {
  const { folder } = step.request;
  await using _lock = await takeLock(step.request.lock, step, scene);
  const lookup = await readMarker(folder, { deep: false });
  const isPlanned = step.setsAside && !scene.renewed.has(step.key);
  if (lookup.kind === "complete" && !isPlanned) {
    return { kind: "finished", marker: lookup.marker };
  }
  const distrust = isPlanned
    ? step.reason
    : lookup.kind === "damaged"
    ? lookup.reason
    : await clearUnlessResumable(folder);
  if (distrust !== null) {
    await moveAside(step, distrust, scene);
    scene.renewed.add(step.key);
  }
  await writeStepRequest(step.request);
  return {
    kind: "ready",
    attempt: await openAttempt(folder, step.request.run),
  };
}

/** Removes what an attempt left that saved nothing; answers why saved state cannot be trusted, or null. */
async function clearUnlessResumable(folder: string): Promise<string | null> {
  const checkpoint = await readCheckpointCursor(folder);
  if (checkpoint.kind === "damaged") return checkpoint.reason;
  if (checkpoint.kind === "absent") await clearUnfinished(folder);
  return null;
}

async function moveAside(
  step: PlannedStep,
  reason: string,
  scene: DriveScene,
): Promise<void> {
  try {
    const folder = await setAside(step.request.folder, reason);
    scene.observe({ kind: "set_aside", step, reason, folder });
  } catch (error) {
    // Forced, but never begun: nothing is there to move.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function commit(
  step: PlannedStep,
  outcome: Extract<AttemptOutcome, { kind: "done" }>,
  attempt: AttemptFolder,
  scene: DriveScene,
): Promise<StepSummary> {
  const { request } = step;
  await using _lock = await takeLock(step.request.lock, step, scene);
  const result = storedResult(outcome, request.folder);
  // Before the marker: nobody comes back to a finished step to write what a kill kept from it.
  await keepEventFile(step, result, scene.observe);
  const marker = await commitMarker(request.folder, {
    request,
    result,
    engines: await workedOn(request),
    attempts: attempt.number,
    elapsedMs: await totalElapsedMs(request.folder),
    dataWaitShare: dataWaitShare(
      await readTimingRows(stepPaths(request.folder).timings),
    ),
    peakMemoryBytes: outcome.peakMemoryBytes,
    finishedAt: new Date(),
  });
  return finishedStep(step, marker, "done");
}

/** Numeric classes of all engines that worked on the step, the present one last. */
async function workedOn(request: StepRequest): Promise<string[]> {
  if (request.task === "script") return [];
  const present = request.engine.numericClass;
  const checkpoint = await readCheckpointCursor(request.folder);
  const saved = checkpoint.kind === "ready" ? checkpoint.cursor.engines : [];
  return [...saved.filter((one) => one !== present), present];
}

function storedResult(
  outcome: Extract<AttemptOutcome, { kind: "done" }>,
  folder: string,
): StoredResult {
  const { result } = outcome;
  const pictures = relativePictures(folder, [
    ...samplePictures(folder),
    ...outcome.pictures,
    ...result.pictures ?? [],
  ]);
  return { ...result, metricOrder: Object.keys(result.metrics), pictures };
}

async function takeLock(
  lock: string,
  step: PlannedStep,
  scene: DriveScene,
): Promise<WorkLock> {
  const tell = (holder: LockHolder | null) =>
    scene.observe({
      kind: "waiting_for_step",
      step,
      holder: describeHolder(holder),
    });
  // The runner's lock stands for the step on other hosts: its process never outlives it for long.
  const { runnerLock } = stepPaths(step.request.folder);
  const sharing = lock === runnerLock ? scene.sharing ?? null : null;
  const attempt = await acquireWorkLock(lock, sharing, {
    waitMs: scene.lockWaitMs,
    onLost: () => scene.stop.force(),
    signal: scene.stop.asked,
    onWait: tell,
  });
  if (attempt.ok) return attempt.lock;
  throw new LockedError(
    `Cannot work on step "${step.name}": ${
      describeHolder(attempt.holder)
    } still works on it`,
    {
      hint: `Wait for it, or end it; the lock is "${shownPath(lock)}"`,
    },
  );
}
