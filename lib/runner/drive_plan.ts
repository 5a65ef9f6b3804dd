// Hands the steps of a plan to an executor as they become ready, and keeps the run's records until nothing more can start.
import type { Plan, PlannedStep } from "../plan/plan.ts";
import type { StepState } from "../store/run_record.ts";
import type { DrivenExecutor, StepTicket } from "./executor.ts";
import { comingSteps, readySteps } from "./ready_set.ts";
import type { RunJournal } from "./run_journal.ts";
import type { RunObserver } from "./run_notice.ts";
import { endOfStep, type StepSummary } from "./run_summary.ts";
import type { StepGate } from "./step_gate.ts";
import type { StopControl } from "./stop_control.ts";

/** What driving a plan needs, and what it fills in. */
export interface Driving {
  readonly executor: DrivenExecutor;
  /** Steps at the same time. */
  readonly jobs: number;
  readonly stop: StopControl;
  readonly observe: RunObserver;
  /** By step; kept up to date. */
  readonly states: Map<string, StepState>;
  /** Filled with how each step ended. */
  readonly ended: Map<string, StepSummary>;
  readonly journal: RunJournal;
  /** Where steps of several runs wait for each other; null or left out for a run alone. */
  readonly gate?: StepGate | null;
}

// With one more than there are places, the start of a process is hidden behind two steps and not behind one.
const STEPS_AHEAD = 1;

/** Returns when no step runs and none can start any more. */
export async function drivePlan(plan: Plan, driving: Driving): Promise<void> {
  const { executor, stop, states, jobs } = driving;
  const fits = (step: PlannedStep, beside: readonly PlannedStep[]) =>
    executor.fits(step, beside);
  const running = new Map<string, Promise<void>>();
  for (;;) {
    const ready = stop.asked.aborted
      ? []
      : readySteps(plan.steps, states, jobs, fits);
    for (const step of ready) {
      states.set(step.name, "running");
      const run = runStep(step, driving);
      running.set(step.name, run.finally(() => running.delete(step.name)));
    }
    if (running.size === 0) return;
    if (ready.length > 0) {
      // Among the runs that share the places, each has about one.
      const places = driving.gate == null ? jobs : 1;
      executor.expect(comingSteps(plan.steps, states, places + STEPS_AHEAD));
    }
    await Promise.race(running.values());
  }
}

async function runStep(step: PlannedStep, driving: Driving): Promise<void> {
  const { executor, stop, observe, states, ended, journal } = driving;
  const { name, key } = step;
  using place = await driving.gate?.enter(step, stop.asked);
  if (place === null) {
    states.set(name, "waiting");
    return;
  }
  const kind = step.cursor === null ? "step_started" : "step_resumed";
  await journal.record({ kind, step: name, key }, {
    step: name,
    state: "running",
  });
  const [ticket] = await executor.submit([step]);
  const summary = await followTicket(ticket as StepTicket, executor, stop);
  ended.set(name, summary);
  states.set(name, summary.state);
  await journal.record(endOfStep(summary), {
    step: summary.name,
    state: summary.state,
  });
  observe({ kind: "step_ended", step, summary });
}

/** Waits for a step's end, passing a stop of the run on. */
export async function followTicket(
  ticket: StepTicket,
  executor: DrivenExecutor,
  stop: StopControl,
): Promise<StepSummary> {
  const save = () => executor.cancel(ticket, "save");
  const end = () => executor.cancel(ticket, "now");
  stop.asked.addEventListener("abort", save);
  stop.forced.addEventListener("abort", end);
  if (stop.asked.aborted) save();
  try {
    await executor.watch(ticket);
  } finally {
    stop.asked.removeEventListener("abort", save);
    stop.forced.removeEventListener("abort", end);
  }
  return await executor.collect(ticket);
}
