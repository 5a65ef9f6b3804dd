// Hands the unfinished steps of a plan to an executor that orders them by itself, and follows them where somebody waits.
import { startTimer } from "../clock/timer.ts";
import { LockedError } from "../error/failure.ts";
import type { LeaseTiming } from "../disk/lease.ts";
import { describeHolder } from "../disk/lock_holder.ts";
import type { Plan, PlannedStep } from "../plan/plan.ts";
import { setAside } from "../store/set_aside.ts";
import { acquireWorkLock } from "../store/shared_folder.ts";
import { stepPaths } from "../store/store_layout.ts";
import type { StepState } from "../store/run_record.ts";
import type { Executor, StepTicket } from "./executor.ts";
import type { RunJournal } from "./run_journal.ts";
import type { RunObserver } from "./run_notice.ts";
import { blankStep, type StepSummary } from "./run_summary.ts";

/** What submitting needs, and what it fills in. */
export interface Submitting {
  readonly executor: Executor;
  readonly observe: RunObserver;
  readonly states: Map<string, StepState>;
  readonly ended: Map<string, StepSummary>;
  readonly journal: RunJournal;
  readonly sharing: LeaseTiming | null;
  /** Whether the run's manifest tells of exactly these steps. */
  readonly hasRecords: boolean;
}

/** Submits all of `pending`; the caller holds the run's lock. */
export async function submitSteps(
  pending: readonly PlannedStep[],
  submitting: Submitting,
): Promise<readonly StepTicket[]> {
  const { executor, observe, states, ended, journal } = submitting;
  const ready: PlannedStep[] = [];
  for (const step of pending) ready.push(await renewed(step, submitting));
  const tickets = await executor.submit(ready);
  // A second process that only looks on leaves the records to the jobs.
  const isRecorded = tickets.every(({ isNew }) => !isNew) &&
    submitting.hasRecords;
  if (!isRecorded) await journal.record({ kind: "run_started" });
  for (const { step, place } of tickets) {
    const { name, key } = step;
    states.set(name, "queued");
    ended.set(name, {
      ...blankStep(step, "queued"),
      text: place === null ? null : `job ${place}`,
    });
    if (!isRecorded) {
      await journal.record(
        { kind: "step_queued", step: name, key, text: `job ${place}` },
        { step: name, state: "queued" },
      );
    }
    observe({ kind: "step_job", step, text: `job ${place} is in the queue` });
  }
  return tickets;
}

/** Moves what is to be redone aside now: a job may start many times, and must not redo its own work. */
async function renewed(
  step: PlannedStep,
  { observe, sharing }: Submitting,
): Promise<PlannedStep> {
  if (!step.setsAside) return step;
  const { reason, request: { folder } } = step;
  const { runnerLock } = stepPaths(folder);
  const attempt = await acquireWorkLock(runnerLock, sharing, { waitMs: 0 });
  if (!attempt.ok) {
    throw new LockedError(
      `Cannot redo step "${step.name}": ${
        describeHolder(attempt.holder)
      } works on it`,
      { hint: "Cancel its job with `fluxline cancel`, or wait for it" },
    );
  }
  await using _lock = attempt.lock;
  try {
    const kept = await setAside(folder, reason);
    observe({ kind: "set_aside", step, reason, folder: kept });
  } catch (error) {
    // Forced, but never begun: nothing is there to move.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return { ...step, setsAside: false, cursor: null };
}

/** Follows jobs to their ends; `ended` holds how each ended. False where `waitMs` was over first. */
export async function followJobs(
  plan: Plan,
  tickets: readonly StepTicket[],
  waitMs: number,
  { executor, observe, ended }: Pick<
    Submitting,
    "executor" | "observe" | "ended"
  >,
): Promise<boolean> {
  observe({ kind: "following_jobs", run: plan.run });
  const { promise: late, resolve: leave } = Promise.withResolvers<false>();
  using _timer = startTimer(waitMs, () => leave(false));
  const all = Promise.all(tickets.map(async (ticket) => {
    await executor.watch(ticket);
    const summary = await executor.collect(ticket);
    ended.set(ticket.step.name, summary);
    observe({ kind: "step_ended", step: ticket.step, summary });
  })).then(() => true as const);
  try {
    return await Promise.race([all, late]);
  } finally {
    // Where the time was over first, nobody waits for the rest.
    all.catch(() => {});
  }
}
