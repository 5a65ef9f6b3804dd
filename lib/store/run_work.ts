// Whether somebody works on a run at this moment: its runner, a process that runs one of its steps, or jobs that wait in a queue.
import type { LeaseTiming } from "../disk/lease.ts";
import { describeHolder, type LockHolder } from "../disk/lock_holder.ts";
import type { RunStep } from "./run_record.ts";
import { inspectWorkLock } from "./shared_folder.ts";
import {
  findStepFolder,
  runPaths,
  type StepFolderIndex,
  stepPaths,
} from "./store_layout.ts";

/** Who works on a run. */
export type RunWork =
  | { readonly kind: "none" }
  | { readonly kind: "runner"; readonly holder: LockHolder | null }
  | {
    readonly kind: "step";
    readonly step: string;
    readonly holder: LockHolder | null;
  }
  /** Handed to a cluster; only its queue tells whether the job is still there. */
  | { readonly kind: "queued"; readonly step: string };

/** A run folder as its readers know it. */
export interface RunFolder {
  readonly runsDir: string;
  readonly run: string;
  readonly sharing: LeaseTiming | null;
  readonly index: StepFolderIndex;
}

type WorkedStep = Pick<RunStep, "name" | "key" | "state">;

/** Looks at the locks of the run and of those steps that its manifest says are going on. */
export async function runWork(
  place: RunFolder,
  steps: readonly WorkedStep[],
): Promise<RunWork> {
  const { lock } = runPaths(place.runsDir, place.run);
  const state = await inspectWorkLock(lock, place.sharing);
  return state.kind === "held"
    ? { kind: "runner", holder: state.holder }
    : await stepWork(place, steps);
}

/** The same without the run's own lock, for who holds that. */
export async function stepWork(
  { runsDir, sharing, index }: RunFolder,
  steps: readonly WorkedStep[],
): Promise<RunWork> {
  for (const { name, key, state } of steps) {
    if (state !== "running") continue;
    const { folder } = findStepFolder(runsDir, key, name, index);
    const { runnerLock } = stepPaths(folder);
    const held = await inspectWorkLock(runnerLock, sharing);
    if (held.kind === "held") {
      return { kind: "step", step: name, holder: held.holder };
    }
  }
  const queued = steps.find(({ state }) => state === "queued");
  return queued === undefined
    ? { kind: "none" }
    : { kind: "queued", step: queued.name };
}

/** One clause about who works: `process 4711 is running it`. */
export function describeWork(work: Exclude<RunWork, { kind: "none" }>): string {
  switch (work.kind) {
    case "runner":
      return `${describeHolder(work.holder)} is running it`;
    case "step":
      return `${
        describeHolder(work.holder)
      } is running its step "${work.step}"`;
    case "queued":
      return `its step "${work.step}" waits in the queue of a cluster`;
    default:
      return work satisfies never;
  }
}
