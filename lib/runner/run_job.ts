// One job of a cluster: the step that a submission kept for it, run exactly as it was planned, whatever has become of the file.
import type { ExitCode } from "../error/exit_code.ts";
import { EXIT_CODE } from "../error/exit_code.ts";
import { UsageError } from "../error/failure.ts";
import {
  plannedStep,
  readSubmission,
  writeJobFailure,
} from "../slurm/submission_record.ts";
import { CheckpointWish } from "./checkpoint_wish.ts";
import { runAlone } from "./run_alone.ts";
import type { RunObserver } from "./run_notice.ts";
import type { StepSummary } from "./run_summary.ts";
import type { StopControl } from "./stop_control.ts";

/** Which job it is. */
export interface JobPlace {
  /** Folder of the submission. */
  readonly folder: string;
  /** Place of the step in it. */
  readonly index: number;
  /** Seconds that the job had run when this process was started. */
  readonly secondsBefore: number;
}

/** How the step ended, and what the job ends with. */
export interface JobResult {
  readonly summary: StepSummary;
  readonly exitCode: ExitCode;
}

// Slurm ends a cancelled job after its KillWait, which is 30 s unless the cluster says otherwise.
const STOP_GRACE_MS = 25_000;

/**
 * Runs the step of a job.
 *
 * @throws StoredStateError where the submission cannot be read
 */
export async function runJob(
  { folder, index, secondsBefore }: JobPlace,
  stop: StopControl,
  observe: RunObserver,
): Promise<JobResult> {
  const { runsDir, steps, saveBeforeSeconds } = await readSubmission(folder);
  const stored = steps[index];
  if (stored === undefined) {
    throw new UsageError(
      `Cannot run job ${index} of "${folder}": it has ${steps.length} steps`,
    );
  }
  const summary = await runAlone(plannedStep(stored), {
    ...{ runsDir, run: stored.run, stop, observe },
    ...{ saveBeforeSeconds, secondsBefore },
    checkpointWish: new CheckpointWish(),
    stopGraceMs: Math.max(STOP_GRACE_MS, saveBeforeSeconds * 1000 - 5000),
  });
  const { failure } = summary;
  if (failure !== null) await writeJobFailure(folder, index, failure);
  return { summary, exitCode: exitCodeOf(summary) };
}

/** A stopped step ends as a terminated one: the script around it puts the job back. */
function exitCodeOf({ state, failure }: StepSummary): ExitCode {
  if (state === "done" || state === "reused") return EXIT_CODE.done;
  if (state === "failed") return failure?.exitCode ?? EXIT_CODE.stepFailed;
  return EXIT_CODE.terminated;
}
