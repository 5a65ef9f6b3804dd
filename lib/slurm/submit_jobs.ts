// Hands steps to Slurm: one job each, those that wait for the same steps and ask for the same as one array, in an order in which
// every job can name the jobs that it waits for.
import { join } from "node:path";
import type { SlurmOptions } from "../catalog/executor_options.ts";
import { secondsOf } from "../clock/duration.ts";
import { writeAtomically } from "../disk/atomic_write.ts";
import { RefusedError } from "../error/failure.ts";
import type { PlannedStep } from "../plan/plan.ts";
import { stepVariables } from "../plan/step_variables.ts";
import { shellWord } from "../worker/shell_word.ts";
import { jobBody, jobOptions } from "./job_script.ts";
import {
  COMMENT_PREFIX,
  findJob,
  isOver,
  type QueuedJob,
} from "./job_queue.ts";
import { reasonIn, slurmCommand, submitHint } from "./slurm_command.ts";
import {
  readStepJob,
  submissionFolder,
  writeStepJob,
  writeSubmission,
} from "./submission_record.ts";

/** What handing over needs beside the steps. */
export interface SubmitScene {
  /** Absolute. */
  readonly runsDir: string;
  readonly run: string;
  readonly options: SlurmOptions;
  /** Program and arguments of fluxline's command line on a node. */
  readonly command: readonly string[];
  /** Jobs that are there already. */
  readonly queue: readonly QueuedJob[];
}

/** A step and the job that works on it. */
export interface SubmittedStep {
  readonly step: PlannedStep;
  readonly submission: string;
  readonly index: number;
  /** Slurm's name of the job. */
  readonly job: string;
  /** False where the job was there already. */
  readonly isNew: boolean;
}

/** Variables that a job needs to find programs and caches. */
const PASSED_ON = [
  ...["PATH", "HOME", "USER", "LANG", "TMPDIR", "SLURM_CONF", "DENO_DIR"],
  ...["FLUXLINE_CACHE", "XDG_CACHE_HOME", "LD_LIBRARY_PATH", "HTTPS_PROXY"],
];

/**
 * Submits what is not there yet; `steps` are in plan order and hold every unfinished need of each. The caller holds the lock of
 * submitting.
 *
 * @throws RefusedError where sbatch refuses; what was submitted before stays, and is found again
 */
export async function submitJobs(
  steps: readonly PlannedStep[],
  scene: SubmitScene,
): Promise<SubmittedStep[]> {
  const byKey = new Map<string, SubmittedStep>();
  for (const step of steps) {
    const known = await jobInQueue(step, scene);
    if (known !== null) byKey.set(step.key, known);
  }
  const keyOf = new Map(steps.map(({ name, key }) => [name, key]));
  for (const group of groupsOf(steps, byKey)) {
    const needs = new Set(
      (group[0] as PlannedStep).needs.flatMap((need) =>
        byKey.get(keyOf.get(need) ?? "")?.job ?? []
      ),
    );
    try {
      for (const one of await submitGroup(group, [...needs], scene)) {
        byKey.set(one.step.key, one);
      }
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      throw new RefusedError(
        `${error.message}; ${byKey.size} of ${
          new Set(keyOf.values()).size
        } jobs are in the queue`,
        {
          hint: `${error.hint}; what is in the queue is not submitted twice`,
          cause: error,
        },
      );
    }
  }
  return steps.map((step) => ({
    ...byKey.get(step.key) as SubmittedStep,
    step,
  }));
}

/** The job of an earlier submission that still works on the step, or will; the note of it may be older than the answer of sbatch. */
async function jobInQueue(
  step: PlannedStep,
  { runsDir, queue }: SubmitScene,
): Promise<SubmittedStep | null> {
  const noted = await readStepJob(runsDir, step.key);
  if (noted === null) return null;
  const { submission, index } = noted;
  const job = findJob(queue, submission, index);
  if (job === null || isOver(job)) return null;
  if (noted.job !== job.id) {
    await writeStepJob(runsDir, step.key, { ...noted, job: job.id });
  }
  return { step, submission, index, job: job.id, isNew: false };
}

/** Steps that nobody works on, those that can share an array together, each group behind all that its steps need. */
function groupsOf(
  steps: readonly PlannedStep[],
  known: ReadonlyMap<string, SubmittedStep>,
): PlannedStep[][] {
  const names = new Set(steps.map(({ name }) => name));
  const groups = new Map<string, PlannedStep[]>();
  const taken = new Set(known.keys());
  for (const step of steps) {
    // Two steps may be the same work: one job does it.
    if (taken.has(step.key)) continue;
    taken.add(step.key);
    const needs = step.needs.filter((need) => names.has(need)).sort();
    const { resources } = step.step;
    const alike = JSON.stringify([needs, resources, variablesOf(step)]);
    groups.set(alike, [...groups.get(alike) ?? [], step]);
  }
  return [...groups.values()];
}

async function submitGroup(
  group: readonly PlannedStep[],
  needs: readonly string[],
  scene: SubmitScene,
): Promise<SubmittedStep[]> {
  const { runsDir, run, options } = scene;
  const id = crypto.randomUUID().slice(0, 13);
  const folder = submissionFolder(runsDir, id);
  const first = group[0] as PlannedStep;
  await writeSubmission({
    id,
    run,
    runsDir,
    saveBeforeSeconds: secondsOf(options.save_before),
  }, group);
  const script = join(folder, "job.sh");
  await writeAtomically(script, scriptText(folder, scene));
  for (const [index, step] of group.entries()) {
    await writeStepJob(runsDir, step.key, { submission: id, index, job: null });
  }
  const isArray = group.length > 1;
  const { success, out, err } = await slurmCommand("sbatch", [
    "--parsable",
    ...jobOptions(first.step.resources, options),
    `--job-name=${run}${isArray ? "" : `:${first.name}`}`,
    `--comment=${COMMENT_PREFIX}${id}`,
    `--chdir=${Deno.cwd()}`,
    `--output=${join(folder, isArray ? "%a.log" : "0.log")}`,
    `--export=${[...PASSED_ON, ...variablesOf(first)].join(",")}`,
    ...(isArray
      ? [`--array=0-${group.length - 1}${throttle(options.max_running)}`]
      : []),
    ...(needs.length === 0 ? [] : [
      `--dependency=afterok:${needs.join(":")}`,
      "--kill-on-invalid-dep=yes",
    ]),
    script,
  ]);
  const number = /^\d+/.exec(out)?.[0];
  if (!success || number === undefined) {
    throw new RefusedError(
      `Cannot submit step ${
        group.map(({ name }) => `"${name}"`).join(", ")
      }: sbatch: ${reasonIn(err)}`,
      { hint: submitHint(err) },
    );
  }
  const submitted: SubmittedStep[] = [];
  for (const [index, step] of group.entries()) {
    const job = isArray ? `${number}_${index}` : number;
    await writeStepJob(runsDir, step.key, { submission: id, index, job });
    submitted.push({ step, submission: id, index, job, isNew: true });
  }
  return submitted;
}

/** Names of the variables that go to the step; values go from this process to the job through Slurm. */
function variablesOf({ step, request }: PlannedStep): string[] {
  return stepVariables(step, Object.values(request.datasets))
    .map(({ name }) => name);
}

function scriptText(
  folder: string,
  { command, options }: SubmitScene,
): string {
  const words = [...command, "job", folder].map(shellWord).join(" ");
  return [
    "#!/bin/bash",
    ...jobBody(`${words} "\${SLURM_ARRAY_TASK_ID:-0}"`, options.setup),
    "",
  ].join("\n");
}

function throttle(most: number | null): string {
  return most === null ? "" : `%${most}`;
}
