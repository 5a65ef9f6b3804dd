// What was handed to Slurm: one folder per submission with the steps as they were planned, and per step which submission has it.
// Both are on disk before sbatch is called, so that whoever comes after a crash knows what to look for in the queue.
import { join } from "node:path";
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import { makeFolder } from "../disk/folder_entries.ts";
import { seal } from "../disk/sealed_record.ts";
import { EXIT_CODE } from "../error/exit_code.ts";
import { Failure, StoredStateError } from "../error/failure.ts";
import type { PlannedStep } from "../plan/plan.ts";
import { isRecord } from "../json/record.ts";
import { readSealedRecord } from "../store/stored_json.ts";
import { storeLayout } from "../store/store_layout.ts";

const VERSION = 2;

/** A planned step as a submission keeps it: its options stand in its request. */
export interface StoredStep extends Omit<PlannedStep, "step"> {
  /** The run that it belongs to: an array may serve several. */
  readonly run: string;
}

/** A step that is to be handed over. */
export interface RunStep {
  readonly run: string;
  readonly step: PlannedStep;
}

/** The record of one submission. */
export interface Submission {
  readonly id: string;
  /** Absolute. */
  readonly runsDir: string;
  /** How long before its end a job is told to save. */
  readonly saveBeforeSeconds: number;
  /** By place in the array. */
  readonly steps: readonly StoredStep[];
}

/** Which submission has a step. */
export interface StepJob {
  readonly submission: string;
  /** Place in the submission. */
  readonly index: number;
  /** Slurm's name of the job; null where the answer of sbatch was never seen. */
  readonly job: string | null;
}

/** Folder of the submission; its jobs log there. */
export function submissionFolder(runsDir: string, id: string): string {
  return join(jobsFolder(runsDir), id);
}

/** Log of one job of a submission: what the step's process and Slurm itself said. */
export function jobLog(runsDir: string, id: string, index: number): string {
  return join(submissionFolder(runsDir, id), `${index}.log`);
}

/** A submission of steps that are about to be handed over, on disk. */
export async function writeSubmission(
  submission: Omit<Submission, "steps">,
  steps: readonly RunStep[],
): Promise<void> {
  const folder = submissionFolder(submission.runsDir, submission.id);
  await makeFolder(folder);
  const stored = steps.map(({ run, step: { step: _options, ...rest } }) => ({
    ...rest,
    run,
  }));
  // By way of text, as it is read: what JSON leaves out must not be part of the seal.
  const record = JSON.parse(
    JSON.stringify({ version: VERSION, ...submission, steps: stored }),
  );
  await writeJsonAtomically(join(folder, "submission.json"), seal(record));
}

/**
 * The submission in `folder`.
 *
 * @throws StoredStateError where there is none or it is damaged
 */
export async function readSubmission(folder: string): Promise<Submission> {
  const path = join(folder, "submission.json");
  const record = await readSealedRecord(path, VERSION, []);
  if (record === null) {
    throw new StoredStateError(
      `Cannot find a submission: "${path}" is missing`,
    );
  }
  const { id, runsDir, saveBeforeSeconds, steps } = record;
  const isRight = typeof id === "string" && typeof runsDir === "string" &&
    typeof saveBeforeSeconds === "number" && Array.isArray(steps) &&
    steps.every((step) =>
      isRecord(step) && typeof step["run"] === "string" &&
      isRecord(step["request"])
    );
  if (!isRight) {
    throw new StoredStateError(
      `Cannot read "${path}": it lacks fields of a submission`,
    );
  }
  return record as unknown as Submission;
}

/** The step as a plan has it. */
export function plannedStep({ run: _run, ...stored }: StoredStep): PlannedStep {
  return { ...stored, step: stored.request.options };
}

/** Notes which submission has the step with this key. */
export async function writeStepJob(
  runsDir: string,
  key: string,
  job: StepJob,
): Promise<void> {
  await makeFolder(jobsFolder(runsDir));
  await writeJsonAtomically(
    stepJobPath(runsDir, key),
    seal({ version: VERSION, ...job }),
  );
}

/** Whether anything of this runs folder was ever handed to a cluster. */
export function hasJobs(runsDir: string): boolean {
  try {
    Deno.statSync(jobsFolder(runsDir));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Which submission has the step; null where none has, or the note is damaged: the queue and the step's lock decide then. */
export async function readStepJob(
  runsDir: string,
  key: string,
): Promise<StepJob | null> {
  try {
    const record = await readSealedRecord(
      stepJobPath(runsDir, key),
      VERSION,
      [],
    );
    if (record === null) return null;
    const { submission, index, job } = record;
    // The submission's name is that of its folder.
    const isRight = typeof submission === "string" &&
      /^[\w-]+$/.test(submission) && Number.isSafeInteger(index) &&
      Number(index) >= 0 && (job === null || typeof job === "string");
    return isRight ? record as unknown as StepJob : null;
  } catch (error) {
    if (error instanceof StoredStateError) return null;
    throw error;
  }
}

/** Keeps in the submission's folder why the job at place `index` failed: the queue forgets, and knows no words. */
export async function writeJobFailure(
  folder: string,
  index: number,
  { message, exitCode, hint }: Failure,
): Promise<void> {
  const record = { version: VERSION, message, exitCode, hint: hint ?? null };
  await writeJsonAtomically(failurePath(folder, index), seal(record));
}

/** Why the job failed by its own words; null where it left none. */
export async function readJobFailure(
  folder: string,
  index: number,
): Promise<Failure | null> {
  try {
    const record = await readSealedRecord(
      failurePath(folder, index),
      VERSION,
      [],
    );
    if (record === null) return null;
    const { message, exitCode, hint } = record;
    const code = Object.values(EXIT_CODE).find((one) => one === exitCode);
    if (code === undefined || typeof message !== "string") return null;
    return new Failure(code, message, {
      ...(typeof hint === "string" ? { hint } : {}),
    });
  } catch (error) {
    if (error instanceof StoredStateError) return null;
    throw error;
  }
}

function failurePath(folder: string, index: number): string {
  return join(folder, `${index}.failure.json`);
}

function jobsFolder(runsDir: string): string {
  return join(storeLayout(runsDir).store, "jobs");
}

function stepJobPath(runsDir: string, key: string): string {
  return join(jobsFolder(runsDir), `${key}.json`);
}
