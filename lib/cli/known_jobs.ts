// The jobs of a run for commands that only look: a cluster that does not answer hides nothing else of the run.
import { RefusedError } from "../error/failure.ts";
import { lookAtJobs, type RunJobs } from "../slurm/run_jobs.ts";
import type { RunManifest } from "../store/run_record.ts";

/** What the queue says of the run's jobs; null where it cannot be asked. */
export async function knownJobs(
  runsDir: string,
  run: string,
  steps?: RunManifest["steps"],
): Promise<RunJobs | null> {
  try {
    return await lookAtJobs(runsDir, run, steps);
  } catch (error) {
    const isUnasked = error instanceof RefusedError ||
      error instanceof Deno.errors.NotCapable;
    if (!isUnasked) throw error;
    return null;
  }
}
