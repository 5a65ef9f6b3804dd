// `fluxline status`: shows where runs stand, from what lies on disk. Writes nothing.
import { formatDuration } from "../clock/duration.ts";
import { describeHolder } from "../disk/lock_holder.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { Failure } from "../error/failure.ts";
import { waitText } from "../metrics/data_wait.ts";
import { textTable } from "../plan/text_table.ts";
import { describeJob } from "../slurm/job_queue.ts";
import { listRuns } from "../store/run_record.ts";
import {
  readRunStatus,
  type RunStatus,
  type StepStatus,
} from "../store/run_status.ts";
import {
  indexStepFolders,
  type StepFolderIndex,
} from "../store/store_layout.ts";
import { requireRunsFolder } from "../store/runs_folder.ts";
import { shownPath } from "../worker/permissions.ts";
import { knownJobs } from "./known_jobs.ts";
import type { Print } from "./plan_command.ts";
import { failureText } from "./show_failure.ts";

// A folder may hold thousands of runs, and each is a few small files to wait for.
const RUNS_AT_ONCE = 32;

/** Options of `status`. */
export interface StatusCommandOptions {
  /** Folder of all runs. */
  readonly runs: string;
  readonly json: boolean;
}

/**
 * Shows the runs of the named pipeline files, or all runs. One that cannot be read is reported and does not hide the others;
 * the answer is then the code of the first such run.
 */
export async function statusCommand(
  files: readonly string[],
  options: StatusCommandOptions,
  print: Print,
): Promise<ExitCode> {
  requireRunsFolder(options.runs);
  const results: Record<string, unknown>[] = [];
  const texts: string[] = [];
  let code: ExitCode = EXIT_CODE.done;
  const index = indexStepFolders(options.runs);
  const wanted = files.length > 0
    ? await wantedOf(files, print)
    : listRuns(options.runs).map((run) => ({
      label: run,
      run: () => Promise.resolve(run),
    }));
  const look = async ({ label, run }: WantedRun): Promise<Look> => {
    try {
      return await lookAt(options.runs, await run(), index);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { kind: "unreadable", run: label, error };
    }
  };
  for (let at = 0; at < wanted.length; at += RUNS_AT_ONCE) {
    const part = wanted.slice(at, at + RUNS_AT_ONCE);
    for (const seen of await Promise.all(part.map(look))) {
      switch (seen.kind) {
        case "absent":
          results.push({ run: seen.run, started: false });
          texts.push(`Run ${seen.run} has not started`);
          break;
        case "there":
          results.push(statusToJson(seen.status, seen.jobs));
          texts.push(renderStatus(seen.status, seen.jobs));
          break;
        case "unreadable": {
          const { run, error } = seen;
          const { message, hint = null } = error;
          print.err(failureText(error, print.color));
          results.push({ run, error: { message, hint } });
          if (code === EXIT_CODE.done) code = error.exitCode;
          break;
        }
        default:
          seen satisfies never;
      }
    }
  }
  if (options.json) {
    print.out(
      JSON.stringify(
        files.length === 1 && results.length === 1 ? results[0] : results,
        null,
        2,
      ),
    );
  } else if (wanted.length === 0) {
    print.out(`No run has started in "${options.runs}"`);
  } else if (texts.length > 0) print.out(texts.join("\n\n"));
  return code;
}

/** What was found of one run. */
type Look =
  | { readonly kind: "absent"; readonly run: string }
  | {
    readonly kind: "there";
    readonly status: RunStatus;
    readonly jobs: ReadonlyMap<string, string>;
  }
  | {
    readonly kind: "unreadable";
    readonly run: string;
    readonly error: Failure;
  };

async function lookAt(
  runs: string,
  run: string,
  index: StepFolderIndex,
): Promise<Look> {
  const status = await readRunStatus(runs, run, index);
  if (status === null) return { kind: "absent", run };
  return {
    kind: "there",
    status,
    jobs: await jobsInWords(runs, status),
  };
}

/** Text of one run: who holds it, then its steps as a table. `live` is what running steps have just done, by step. */
export function renderStatus(
  { manifest, lock, steps }: RunStatus,
  jobs: ReadonlyMap<string, string>,
  live: ReadonlyMap<string, string> = new Map(),
): string {
  const holder = lock.kind === "free"
    ? "not running"
    : `running: ${describeHolder(lock.holder)}`;
  const rows = steps.map((
    step,
  ) => [
    step.name,
    step.task,
    step.state,
    [live.get(step.name) ?? "", detailOf(step, jobs)]
      .filter((text) => text !== "").join("; "),
  ]);
  return [
    `Run ${manifest.run} of ${manifest.pipeline}: ${holder}`,
    ...textTable([["step", "task", "state", ""], ...rows], "  "),
  ].join("\n");
}

function detailOf(
  step: StepStatus,
  jobs: ReadonlyMap<string, string>,
): string {
  const job = jobs.get(step.name) ?? "";
  return [job, standOf(step), waitOf(step), attemptsOf(step)]
    .filter((text) => text !== "").join("; ");
}

function waitOf({ dataWaitShare }: StepStatus): string {
  return dataWaitShare === null
    ? ""
    : `${waitText(dataWaitShare)} of it waiting for data`;
}

/** Only what is out of the ordinary: more than one attempt, and why the last one ended. */
function attemptsOf({ attempts, state }: StepStatus): string {
  const last = attempts.at(-1);
  if (last === undefined || state === "done") return "";
  const count = attempts.length === 1 ? "" : `${attempts.length} attempts`;
  const why = last.failure === null ? "" : `last: ${last.failure.message}`;
  return [count, why].filter((text) => text !== "").join(", ");
}

function standOf(step: StepStatus): string {
  if (step.problem !== null) return step.problem;
  if (step.result !== null) {
    const metrics = Object.entries(step.result.metrics)
      .map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`);
    const time = step.elapsedMs === null
      ? []
      : [formatDuration(step.elapsedMs)];
    return [...time, ...metrics].join(", ");
  }
  if (step.cursor === null) return "";
  const { epoch, batch, batchesPerEpoch, globalStep } = step.cursor;
  const total = batchesPerEpoch === null ? "" : ` of ${batchesPerEpoch}`;
  return `saved after ${globalStep} updates (epoch ${
    epoch + 1
  }, batch ${batch}${total})`;
}

/** The same as data. */
export function statusToJson(
  { manifest, lock, steps, lastEvent }: RunStatus,
  jobs: ReadonlyMap<string, string>,
): Record<string, unknown> {
  return {
    run: manifest.run,
    started: true,
    pipeline: manifest.pipeline,
    mode: manifest.mode,
    engine: manifest.engine,
    createdAt: manifest.createdAt,
    updatedAt: manifest.updatedAt,
    running: lock.kind === "held",
    holder: lock.kind === "held" ? lock.holder : null,
    steps: steps.map((step) => ({
      ...step,
      job: jobs.get(step.name) ?? null,
      folder: shownPath(step.folder),
    })),
    lastEvent,
  };
}

/** What the queue says of the run's jobs, by step; nothing where it was never on a cluster, or cannot be asked. */
export async function jobsInWords(
  runs: string,
  { manifest, steps }: RunStatus,
): Promise<Map<string, string>> {
  const words = new Map<string, string>();
  const jobs = await knownJobs(runs, manifest.run, manifest.steps);
  if (jobs === null) return words;
  for (const [name, job] of jobs.inQueue) {
    words.set(name, `job ${job.id} ${describeJob(job)}`);
  }
  for (const { name, state } of steps) {
    // A job that was cancelled before it began leaves the records as they were.
    if (state !== "queued" || !jobs.gone.has(name)) continue;
    words.set(
      name,
      "its job has left the queue; `train --executor slurm` submits it again",
    );
  }
  return words;
}

interface WantedRun {
  readonly label: string;
  readonly run: () => Promise<string>;
}

/** The runs of each file; one that is refused is told in its place. */
async function wantedOf(
  files: readonly string[],
  print: Print,
): Promise<WantedRun[]> {
  // Only now: all runs are shown without what reads pipelines.
  const { runsOfFile } = await import("./runs_of_file.ts");
  const wanted: WantedRun[] = [];
  for (const file of files) {
    try {
      const runs = await runsOfFile(file, {
        overrides: [],
        action: "show the status of",
        hint: "Correct the file, or leave FILE out to see every run",
      }, print);
      for (const run of runs) {
        wanted.push({ label: file, run: () => Promise.resolve(run) });
      }
    } catch (error) {
      wanted.push({ label: file, run: () => Promise.reject(error) });
    }
  }
  return wanted;
}
