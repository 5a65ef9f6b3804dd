// Why a job that left no result ended: what its step wrote down, what Slurm wrote into its log, and Slurm's own word for its state.
import { dirname } from "node:path";
import { readTail } from "../disk/file_tail.ts";
import { type Failure, StepFailure, TimedOutError } from "../error/failure.ts";
import { shownPath } from "../worker/permissions.ts";
import { describeJob, type QueuedJob } from "./job_queue.ts";
import { readJobFailure } from "./submission_record.ts";

/** What is known of a job that is over. */
export interface EndedJob {
  readonly stepName: string;
  /** Slurm's name of the job. */
  readonly job: string;
  /** Null where the controller has forgotten it. */
  readonly last: QueuedJob | null;
  /** Path of its log. */
  readonly log: string;
  /** Place in its submission, whose folder the log lies in. */
  readonly index: number;
}

/** How it ended: `cancelled` and `never_started` are no failures of the step. */
export type JobEnd =
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "cancelled" }
  /** A step that it waited for failed. */
  | { readonly kind: "never_started" };

const LOG_TAIL_BYTES = 16 * 1024;
// Slurm's own lines alone: a task may print these words too.
const OVER_MEMORY =
  /^slurmstepd\S*: error: .*(exceeded (job |step )?memory limit|oom[-_ ]?kill|out of memory)/im;

/** Reads the traces of a job whose step has no marker. */
export async function jobEnd(job: EndedJob): Promise<JobEnd> {
  const { last, stepName } = job;
  const { text: log } = await readTail(job.log, LOG_TAIL_BYTES);
  if (last?.state === "OUT_OF_MEMORY" || OVER_MEMORY.test(log)) {
    return failed(
      new StepFailure(
        `Step "${stepName}" was ended by Slurm: job ${job.job} took more than its memory limit`,
        {
          hint:
            "Raise the step's `resources.memory` or make its batches smaller, then run the same command again: it goes on from its last checkpoint",
        },
      ),
    );
  }
  const said = await readJobFailure(dirname(job.log), job.index);
  if (said !== null) return failed(said);
  if (last?.reason === "DependencyNeverSatisfied") {
    return { kind: "never_started" };
  }
  if (last?.state === "CANCELLED") return { kind: "cancelled" };
  if (last?.state === "TIMEOUT") {
    return failed(
      new TimedOutError(
        `Step "${stepName}" did not save before the time of job ${job.job} was over`,
        {
          hint:
            "Raise `executor.slurm.save_before`, or the step's `resources.time`, then run the same command again",
        },
      ),
    );
  }
  const how = last === null ? "is gone" : `ended: ${describeJob(last)}`;
  const words = lastWords(log);
  return failed(
    new StepFailure(
      `Step "${stepName}" left no result: job ${job.job} ${how}${
        words === null ? "" : `: ${words}`
      }`,
      {
        hint: `See "${
          shownPath(job.log)
        }", then run the same command again: finished work is kept`,
      },
    ),
  );
}

function failed(failure: Failure): JobEnd {
  return { kind: "failed", failure };
}

/** What the log said last, without the progress of the step. */
function lastWords(log: string): string | null {
  const said = log.split("\n").map((line) => line.trim()).filter((line) =>
    /^(error|slurmstepd|srun|bash|\S+\.sh:)/.test(line)
  );
  return said.at(-1)?.replace(/^error: /, "") ?? null;
}
