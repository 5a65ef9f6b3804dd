// Which steps may start now.
import type { StepState } from "../store/run_record.ts";

/** What the choice needs to know of a step. */
export interface QueuedStep {
  readonly name: string;
  readonly needs: readonly string[];
  readonly key: string;
}

/**
 * Waiting steps whose needs are all finished, in plan order, at most as many as there are free places and as
 * `fits` finds room for beside those that run. After a failure nothing new
 * starts: what runs may finish, and the rest would only hide the message.
 */
export function readySteps<Queued extends QueuedStep>(
  steps: readonly Queued[],
  states: ReadonlyMap<string, StepState>,
  jobs: number,
  fits: (step: Queued, beside: readonly Queued[]) => boolean = () => true,
): Queued[] {
  const all = [...states.values()];
  if (all.some((state) => state === "failed" || state === "stopped")) return [];
  const running = steps.filter((step) => states.get(step.name) === "running");
  // Two steps may be the same work; the second finds it done once the first has finished.
  const busyKeys = new Set(running.map((step) => step.key));
  const ready: Queued[] = [];
  for (const step of steps) {
    const isReady = states.get(step.name) === "waiting" &&
      !busyKeys.has(step.key) &&
      step.needs.every((need) => isFinished(states.get(need)));
    if (!isReady || ready.length + running.length >= jobs) continue;
    if (!fits(step, [...running, ...ready])) continue;
    busyKeys.add(step.key);
    ready.push(step);
  }
  return ready;
}

/** Waiting steps that need nothing but what is finished, runs, or comes before them in the answer: the first `count`, in plan order. */
export function comingSteps<Queued extends QueuedStep>(
  steps: readonly Queued[],
  states: ReadonlyMap<string, StepState>,
  count: number,
): Queued[] {
  const coming = new Map<string, Queued>();
  const isUnderWay = (need: string) =>
    coming.has(need) || states.get(need) === "running" ||
    isFinished(states.get(need));
  for (const step of steps) {
    if (coming.size >= count) break;
    const isComing = states.get(step.name) === "waiting" &&
      step.needs.every(isUnderWay);
    if (isComing) coming.set(step.name, step);
  }
  return [...coming.values()];
}

/** Whether a step's products are there. */
export function isFinished(state: StepState | undefined): boolean {
  return state === "done" || state === "reused";
}
