// Finds the jobs of runs that are in the queue, and ends them.
import { SYSTEM_CLOCK } from "../clock/clock.ts";
import { RefusedError } from "../error/failure.ts";
import { readRunManifest, type RunManifest } from "../store/run_record.ts";
import { findJob, isOver, listJobs, type QueuedJob } from "./job_queue.ts";
import { slurmOutput } from "./slurm_command.ts";
import { hasJobs, readStepJob, type StepJob } from "./submission_record.ts";

/** What the queue says of the steps of a run that were submitted. */
export interface RunJobs {
  /** Jobs that wait or run, by step. */
  readonly inQueue: ReadonlyMap<string, QueuedJob>;
  /** Steps whose job is over, or was cancelled before it began. */
  readonly gone: ReadonlySet<string>;
}

/**
 * Asks the queue for the jobs of a run; where none was ever submitted, nothing is asked. Whoever has read the manifest gives its
 * steps.
 *
 * @throws RefusedError where Slurm is not there or does not answer
 */
export async function lookAtJobs(
  runsDir: string,
  run: string,
  steps?: RunManifest["steps"],
): Promise<RunJobs> {
  const inQueue = new Map<string, QueuedJob>();
  const gone = new Set<string>();
  const noted = await notedJobs(runsDir, run, steps);
  if (noted.length === 0) return { inQueue, gone };
  const queue = await listJobs();
  for (const [name, note] of noted) {
    const job = liveJob(queue, note);
    if (job !== null) inQueue.set(name, job);
    else gone.add(name);
  }
  return { inQueue, gone };
}

/** Jobs that wait or run, by run; several runs may need the same one. The queue is asked once for all. */
export async function jobsOfRuns(
  runsDir: string,
  runs: readonly string[],
): Promise<Map<string, QueuedJob[]>> {
  const noted = await Promise.all(
    runs.map(async (run) => [run, await notedJobs(runsDir, run)] as const),
  );
  const isNone = noted.every(([, notes]) => notes.length === 0);
  const queue = isNone ? [] : await listJobs();
  return new Map(noted.map(([run, notes]) => {
    const jobs = notes.flatMap(([, note]) => liveJob(queue, note) ?? []);
    return [run, [...new Set(jobs)]];
  }));
}

/**
 * Those of `steps` that no job works on or will. Where none was ever submitted, the queue is not asked.
 *
 * @throws RefusedError where Slurm is not there or does not answer
 */
export async function stepsWithoutJob<Step extends { readonly key: string }>(
  runsDir: string,
  steps: readonly Step[],
): Promise<readonly Step[]> {
  const notes = await Promise.all(
    steps.map(({ key }) => readStepJob(runsDir, key)),
  );
  if (notes.every((note) => note === null)) return steps;
  const queue = await listJobs();
  return steps.filter((_, at) => {
    const note = notes[at] ?? null;
    return note === null || liveJob(queue, note) === null;
  });
}

/** Steps of a run that were submitted, each with the note of its job. */
async function notedJobs(
  runsDir: string,
  run: string,
  steps?: RunManifest["steps"],
): Promise<(readonly [string, StepJob])[]> {
  if (!hasJobs(runsDir)) return [];
  steps ??= (await readRunManifest(runsDir, run))?.steps ?? [];
  const noted = await Promise.all(
    steps.map(async ({ name, key }) =>
      [name, await readStepJob(runsDir, key)] as const
    ),
  );
  return noted.flatMap(([name, note]) =>
    note === null ? [] : [[name, note] as const]
  );
}

function liveJob(
  queue: readonly QueuedJob[],
  { submission, index }: Pick<StepJob, "submission" | "index">,
): QueuedJob | null {
  const job = findJob(queue, submission, index);
  return job === null || isOver(job) ? null : job;
}

/** Slurm's own patience with a job that saves is 30 seconds, unless a cluster gives more. */
const PATIENCE_MS = 120_000;
const LOOK_MS = 500;

/** What became of the jobs of runs that were cancelled. */
export interface CancelledJobs {
  /** Slurm's names of the jobs of each run. */
  readonly ids: ReadonlyMap<string, readonly string[]>;
  /** False where some still save, or where the controller did not tell. */
  readonly haveEnded: boolean;
}

/**
 * Cancels them, those that wait for others first. Running ones get SIGTERM and Slurm's KillWait to save; it returns when they have
 * ended, so that the next start finds none that is about to, or when that takes too long.
 */
export async function cancelJobs(
  runsDir: string,
  runs: readonly string[],
): Promise<CancelledJobs> {
  const byRun = await jobsOfRuns(runsDir, runs);
  const ids = new Map(
    [...byRun].map(([run, own]) => [run, own.map(({ id }) => id)]),
  );
  const jobs = [...new Set([...byRun.values()].flat())];
  if (jobs.length === 0) return { ids, haveEnded: true };
  const waiting = jobs.filter(({ state }) => state === "PENDING");
  const running = jobs.filter(({ state }) => state !== "PENDING");
  await slurmOutput("scancel", [...waiting, ...running].map(({ id }) => id));
  const deadline = SYSTEM_CLOCK.elapsedMs() + PATIENCE_MS;
  do {
    if (await haveEnded(jobs)) return { ids, haveEnded: true };
    await SYSTEM_CLOCK.sleep(LOOK_MS);
  } while (SYSTEM_CLOCK.elapsedMs() < deadline);
  return { ids, haveEnded: false };
}

async function haveEnded(jobs: readonly QueuedJob[]): Promise<boolean> {
  try {
    const queue = await listJobs();
    return jobs.every((job) => liveJob(queue, job) === null);
  } catch (error) {
    // A controller that does not answer for a moment is asked again.
    if (error instanceof RefusedError) return false;
    throw error;
  }
}
