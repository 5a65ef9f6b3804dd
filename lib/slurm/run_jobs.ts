// Ends the jobs of a run that are in the queue.
import { readRunManifest } from "../store/run_record.ts";
import { findJob, isOver, listJobs, type QueuedJob } from "./job_queue.ts";
import { slurmOutput } from "./slurm_command.ts";
import { readStepJob } from "./submission_record.ts";

/** Jobs of the run that wait or run, by step. */
export async function jobsOfRun(
  runsDir: string,
  run: string,
): Promise<Map<string, QueuedJob>> {
  const found = new Map<string, QueuedJob>();
  const manifest = await readRunManifest(runsDir, run);
  const noted = await Promise.all(
    (manifest?.steps ?? []).map(async ({ name, key }) =>
      [name, await readStepJob(runsDir, key)] as const
    ),
  );
  if (noted.every(([, job]) => job === null)) return found;
  const queue = await listJobs();
  for (const [name, note] of noted) {
    const job = note === null
      ? null
      : findJob(queue, note.submission, note.index);
    if (job !== null && !isOver(job)) found.set(name, job);
  }
  return found;
}

/** Slurm's own patience with a job that saves is 30 seconds, unless a cluster gives more. */
const PATIENCE_MS = 120_000;
const LOOK_MS = 500;

/**
 * Cancels them, those that wait for others first, and answers their names. Running ones get SIGTERM and Slurm's KillWait to save;
 * it returns when they have ended, so that the next start finds none that is about to.
 */
export async function cancelJobs(
  runsDir: string,
  run: string,
): Promise<string[]> {
  const jobs = [...(await jobsOfRun(runsDir, run)).values()];
  const waiting = jobs.filter(({ state }) => state === "PENDING");
  const running = jobs.filter(({ state }) => state !== "PENDING");
  const ids = [...new Set([...waiting, ...running].map(({ id }) => id))];
  if (ids.length === 0) return ids;
  await slurmOutput("scancel", ids);
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    if ((await jobsOfRun(runsDir, run)).size === 0) break;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return ids;
}
