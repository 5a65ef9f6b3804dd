// Steps as jobs of a Slurm cluster, on a file system that its nodes share. Slurm keeps the order; this process may come and go.
import { join, resolve } from "node:path";
import type { SlurmOptions } from "../catalog/executor_options.ts";
import { SYSTEM_CLOCK } from "../clock/clock.ts";
import { makeFolder } from "../disk/folder_entries.ts";
import { describeHolder } from "../disk/lock_holder.ts";
import { LockedError, RefusedError } from "../error/failure.ts";
import type { PlannedStep } from "../plan/plan.ts";
import { checkCluster, requireSlurm } from "../slurm/cluster_checks.ts";
import { jobEnd } from "../slurm/job_end.ts";
import {
  describeJob,
  findJob,
  isOver,
  isStuck,
  listJobs,
  type QueuedJob,
} from "../slurm/job_queue.ts";
import { stepsWithoutJob } from "../slurm/run_jobs.ts";
import { jobLog } from "../slurm/submission_record.ts";
import {
  submitJobs,
  type SubmitPart,
  type SubmittedStep,
} from "../slurm/submit_jobs.ts";
import { readMarker } from "../store/marker.ts";
import { acquireWorkLock, shareFolder } from "../store/shared_folder.ts";
import { storeLayout } from "../store/store_layout.ts";
import type { Executor, StepTicket } from "./executor.ts";
import type { RunObserver } from "./run_notice.ts";
import { blankStep, finishedStep, type StepSummary } from "./run_summary.ts";
import type { SubmitBatch } from "./submit_batch.ts";

/** What the jobs of one run have in common. */
export interface SlurmScene {
  readonly runsDir: string;
  readonly run: string;
  readonly options: SlurmOptions;
  /** Program and arguments of fluxline's command line on a node. */
  readonly command: readonly string[];
  readonly observe: RunObserver;
  /** Other runs that submit with this one; null for a run alone. */
  readonly batch: SubmitBatch | null;
  /** Ends {@linkcode SlurmExecutor.watch}; the jobs go on. */
  readonly signal: AbortSignal;
}

interface SlurmTicket extends StepTicket {
  readonly submitted: SubmittedStep;
  last: QueuedJob | null;
}

const LOOK_MS = 1000;
const SUBMIT_WAIT_MS = 120_000;

/** Runs steps as jobs. */
export class SlurmExecutor implements Executor {
  readonly #scene: SlurmScene;
  readonly #tickets = new Map<StepTicket, SlurmTicket>();
  #look: { readonly at: number; readonly jobs: Promise<QueuedJob[]> } | null =
    null;

  constructor(scene: SlurmScene) {
    this.#scene = { ...scene, runsDir: resolve(scene.runsDir) };
  }

  async prepare(steps: readonly PlannedStep[]): Promise<void> {
    const { run, options, batch, runsDir } = this.#scene;
    // A batch is looked at as a whole when it is submitted.
    if (batch !== null) return;
    await checkParts(steps.map((step) => ({ run, step, options })), runsDir);
  }

  async submit(steps: readonly PlannedStep[]): Promise<readonly StepTicket[]> {
    const { run, runsDir, options, batch, signal } = this.#scene;
    const parts = steps.map((step) => ({ run, step, options }));
    const submitAll = async (all: readonly SubmitPart[]) => {
      // While the runs of a batch wait for each other somebody may have thought better of it.
      signal.throwIfAborted();
      if (batch !== null) await checkParts(all, runsDir);
      return await this.#submitAll(all);
    };
    const submitted = batch === null
      ? await submitAll(parts)
      : await batch.submit(run, parts, submitAll);
    return submitted.map((one) => {
      const ticket = { step: one.step, place: one.job, isNew: one.isNew };
      this.#tickets.set(ticket, {
        ...ticket,
        submitted: one,
        last: null,
      });
      return ticket;
    });
  }

  async #submitAll(
    parts: readonly SubmitPart[],
  ): Promise<readonly SubmittedStep[]> {
    const { runsDir, run, command, batch } = this.#scene;
    await using _lock = await this.#lockSubmitting();
    const queue = await listJobs();
    const name = batch?.name ?? run;
    return await submitJobs(parts, { runsDir, name, command, queue });
  }

  async watch(ticket: StepTicket): Promise<void> {
    const own = this.#own(ticket);
    const { submission, index, job } = own.submitted;
    let told = "";
    let overLooks = 0;
    // A job that is being put back looks over for a moment.
    while (overLooks < 2) {
      const jobs = await this.#jobs();
      const found = jobs === null ? own.last : findJob(jobs, submission, index);
      if (found !== null) own.last = found;
      if (found !== null && describeJob(found) !== told) {
        told = describeJob(found);
        const text = `job ${job} ${told}`;
        this.#scene.observe({ kind: "step_job", step: ticket.step, text });
      }
      overLooks = jobs !== null && (found === null || isOver(found))
        ? overLooks + 1
        : 0;
      if (overLooks < 2) await SYSTEM_CLOCK.sleep(LOOK_MS, this.#scene.signal);
    }
  }

  async collect(ticket: StepTicket): Promise<StepSummary> {
    const { step, submitted, last } = this.#own(ticket);
    const { folder } = step.request;
    const lookup = await readMarker(folder, { deep: false });
    if (lookup.kind === "complete") {
      return finishedStep(step, lookup.marker, "done");
    }
    const { submission, index, job } = submitted;
    const end = await jobEnd({
      stepName: step.name,
      ...{ job, last, index },
      log: jobLog(this.#scene.runsDir, submission, index),
    });
    if (end.kind === "failed") return blankStep(step, "failed", end.failure);
    return blankStep(step, end.kind === "cancelled" ? "stopped" : "waiting");
  }

  /** What was seen last of jobs that no end of another job lets go on, each with what does. */
  stuckJobs(): string[] {
    return [...this.#tickets.values()].flatMap(({ step, last }) =>
      last !== null && isStuck(last)
        ? [`step "${step.name}": job ${last.id} ${describeJob(last)}`]
        : []
    );
  }

  /** All watchers share one look; null where the controller does not answer, which is no reason to give up. */
  async #jobs(): Promise<QueuedJob[] | null> {
    const now = performance.now();
    if (this.#look === null || now - this.#look.at > LOOK_MS * 0.9) {
      this.#look = { at: now, jobs: listJobs() };
    }
    try {
      return await this.#look.jobs;
    } catch (error) {
      if (error instanceof RefusedError) return null;
      throw error;
    }
  }

  /** One process submits at a time, over all runs of the folder: two of them may share steps. */
  async #lockSubmitting(): Promise<AsyncDisposable> {
    const { runsDir, signal } = this.#scene;
    const sharing = await shareFolder(runsDir);
    const path = join(storeLayout(runsDir).store, "submit.lock");
    await makeFolder(storeLayout(runsDir).store);
    const attempt = await acquireWorkLock(path, sharing, {
      waitMs: SUBMIT_WAIT_MS,
      signal,
    });
    if (attempt.ok) return attempt.lock;
    throw new LockedError(
      `Cannot submit jobs: ${describeHolder(attempt.holder)} is submitting`,
      { hint: "Run the same command again when it is done" },
    );
  }

  #own(ticket: StepTicket): SlurmTicket {
    const own = this.#tickets.get(ticket);
    if (own === undefined) {
      throw new RangeError(`Step "${ticket.step.name}" was not taken here`);
    }
    return own;
  }
}

/**
 * Looks whether the cluster can run what is not in its queue yet: a partition that closed afterwards keeps nobody from following
 * what waits there. Runs of a batch mostly ask the same, and it is then looked at once.
 */
async function checkParts(
  parts: readonly SubmitPart[],
  runsDir: string,
): Promise<void> {
  await requireSlurm();
  const steps = new Set(
    await stepsWithoutJob(runsDir, parts.map(({ step }) => step)),
  );
  const byOptions = Map.groupBy(
    parts.filter(({ step }) => steps.has(step)),
    ({ options }) => JSON.stringify(options),
  );
  for (const alike of byOptions.values()) {
    const { options } = alike[0] as SubmitPart;
    await checkCluster(options, alike.map(({ step }) => step));
  }
}
