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
import { type JobBody, jobBody, jobOptions } from "./job_script.ts";
import {
  COMMENT_PREFIX,
  findJob,
  isOver,
  type QueuedJob,
} from "./job_queue.ts";
import { reasonIn, slurmCommand, submitHint } from "./slurm_command.ts";
import {
  readStepJob,
  type RunStep,
  submissionFolder,
  writeStepJob,
  writeSubmission,
} from "./submission_record.ts";
import { namedVariables } from "../worker/variable_names.ts";

/** A step of a run, with what that run asks of the cluster. */
export interface SubmitPart extends RunStep {
  readonly options: SlurmOptions;
}

/** What handing over needs beside the steps. */
export interface SubmitScene {
  /** Absolute. */
  readonly runsDir: string;
  /** What jobs of several runs are called. */
  readonly name: string;
  /** Program and arguments of fluxline's command line on a node. */
  readonly command: readonly string[];
  /** Jobs that are there already. */
  readonly queue: readonly QueuedJob[];
}

/** A step and the job that works on it. */
export interface SubmittedStep extends RunStep {
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
 * Submits what is not there yet; the steps of each run are in plan order and hold every unfinished need of each. The caller holds
 * the lock of submitting.
 *
 * @throws RefusedError where sbatch refuses; what was submitted before stays, and is found again
 */
export async function submitJobs(
  parts: readonly SubmitPart[],
  scene: SubmitScene,
): Promise<SubmittedStep[]> {
  const byKey = new Map<string, SubmittedStep>();
  for (const part of parts) {
    const known = await jobInQueue(part, scene);
    if (known !== null) byKey.set(part.step.key, known);
  }
  for (const { group, needs } of groupsOf(parts, byKey)) {
    const jobs = needs.flatMap((key) => byKey.get(key)?.job ?? []);
    try {
      for (const one of await submitGroup(group, jobs, scene)) {
        byKey.set(one.step.key, one);
      }
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      throw new RefusedError(
        `${error.message}; ${byKey.size} of ${
          new Set(parts.map(({ step }) => step.key)).size
        } jobs are in the queue`,
        {
          hint: `${error.hint}; what is in the queue is not submitted twice`,
          cause: error,
        },
      );
    }
  }
  return parts.map(({ run, step }) => ({
    ...byKey.get(step.key) as SubmittedStep,
    ...{ run, step },
  }));
}

/** The job of an earlier submission that still works on the step, or will; the note of it may be older than the answer of sbatch. */
async function jobInQueue(
  { run, step }: SubmitPart,
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
  return { run, step, submission, index, job: job.id, isNew: false };
}

/** Steps that wait for the same work and ask for the same. */
interface SubmitGroup {
  readonly group: SubmitPart[];
  /** Keys of the unfinished steps that all of them need. */
  readonly needs: readonly string[];
}

/** Steps that nobody works on, those that can share an array together, each group behind all that its steps need. */
function groupsOf(
  parts: readonly SubmitPart[],
  known: ReadonlyMap<string, SubmittedStep>,
): SubmitGroup[] {
  const keys = new Map(
    parts.map(({ run, step }) => [`${run} ${step.name}`, step.key]),
  );
  const groups = new Map<string, SubmitGroup>();
  const taken = new Set(known.keys());
  for (const part of parts) {
    const { run, step, options } = part;
    // Two steps may be the same work: one job does it.
    if (taken.has(step.key)) continue;
    taken.add(step.key);
    const needs = [
      ...new Set(
        step.needs.flatMap((need) => keys.get(`${run} ${need}`) ?? []),
      ),
    ].sort();
    const { resources } = step.step;
    const alike = JSON.stringify([
      ...[needs, resources, variablesOf(step), options],
    ]);
    const found = groups.get(alike) ?? { group: [], needs };
    found.group.push(part);
    groups.set(alike, found);
  }
  return [...groups.values()];
}

async function submitGroup(
  group: readonly SubmitPart[],
  needs: readonly string[],
  scene: SubmitScene,
): Promise<SubmittedStep[]> {
  const { runsDir } = scene;
  const id = crypto.randomUUID().slice(0, 13);
  const folder = submissionFolder(runsDir, id);
  const { run, step: first, options } = group[0] as SubmitPart;
  await writeSubmission({
    ...{ id, runsDir },
    saveBeforeSeconds: secondsOf(options.save_before),
  }, group);
  const script = join(folder, "job.sh");
  const isArray = group.length > 1;
  const { time } = first.step.resources;
  const text = scriptText(folder, scene.command, {
    ...{ setup: options.setup, isArray },
    // As long as this, and the job was given its time: half of what it has until it is told to save.
    setupSeconds: time === null
      ? null
      : Math.max(0, secondsOf(time) - secondsOf(options.save_before)) / 2,
  });
  await writeAtomically(script, text);
  for (const [index, { step }] of group.entries()) {
    await writeStepJob(runsDir, step.key, { submission: id, index, job: null });
  }
  const owner = group.every((one) => one.run === run) ? run : scene.name;
  const { success, out, err } = await slurmCommand("sbatch", [
    "--parsable",
    ...jobOptions(first.step.resources, options),
    `--job-name=${owner}${isArray ? "" : `:${first.name}`}`,
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
      `Cannot submit step ${namesOf(group)}: sbatch: ${reasonIn(err)}`,
      { hint: submitHint(err) },
    );
  }
  const submitted: SubmittedStep[] = [];
  for (const [index, { run, step }] of group.entries()) {
    const job = isArray ? `${number}_${index}` : number;
    await writeStepJob(runsDir, step.key, { submission: id, index, job });
    submitted.push({ run, step, submission: id, index, job, isNew: true });
  }
  return submitted;
}

function namesOf(group: readonly SubmitPart[]): string {
  const names = new Set(group.map(({ step }) => `"${step.name}"`));
  return [...names].join(", ");
}

/** Names of the variables that go to the step; values go from this process to the job through Slurm. */
function variablesOf({ step, request }: PlannedStep): string[] {
  const wanted = stepVariables(step, Object.values(request.datasets));
  return namedVariables(wanted.map(({ name }) => name));
}

function scriptText(
  folder: string,
  command: readonly string[],
  body: JobBody,
): string {
  const words = [...command, "job", folder].map(shellWord).join(" ");
  // A job that is submitted from within an array finds the variable of that one.
  const index = body.isArray === true ? '"$SLURM_ARRAY_TASK_ID"' : "0";
  return [
    "#!/bin/bash",
    ...jobBody(`${words} ${index} "$SECONDS"`, body),
    "",
  ].join("\n");
}

function throttle(most: number | null): string {
  return most === null ? "" : `%${most}`;
}
