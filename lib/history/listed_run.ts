// A run as a list shows it: what the index keeps, and whether somebody works on it now.
import {
  indexStepFolders,
  type StepFolderIndex,
} from "../store/store_layout.ts";
import { runWork } from "../store/run_work.ts";
import { sharingOf } from "../store/shared_folder.ts";
import type { IndexedRun } from "./index_refresh.ts";

/** How a run stands. */
export type ListedState =
  | "running"
  | "queued"
  | "done"
  | "failed"
  | "stopped"
  | "damaged";

/** One run of a list. */
export interface ListedRun extends IndexedRun {
  readonly state: ListedState;
  /** Of all its finished steps, also those that another run worked on. */
  readonly elapsedMs: number;
}

/** Adds how each run stands. Locks are looked at only where the records leave it open: a finished run has nobody. */
export async function listedRuns(
  runsDir: string,
  runs: readonly IndexedRun[],
): Promise<ListedRun[]> {
  const sharing = await sharingOf(runsDir);
  let index: StepFolderIndex | undefined;
  const listed: ListedRun[] = [];
  for (const run of runs) {
    let state = settledState(run);
    if (state === "failed" || state === "stopped") {
      index ??= indexStepFolders(runsDir);
      const place = { runsDir, run: run.run, sharing, index };
      const { kind } = await runWork(place, run.steps);
      if (kind === "queued") state = "queued";
      else if (kind !== "none") state = "running";
    }
    const elapsedMs = run.steps.reduce(
      (sum, step) => sum + (step.elapsedMs ?? 0),
      0,
    );
    listed.push({ ...run, state, elapsedMs });
  }
  return listed;
}

function settledState({ problem, steps }: IndexedRun): ListedState {
  if (problem !== null) return "damaged";
  if (steps.every(({ isDone }) => isDone)) return "done";
  const isFailed = steps.some(({ state, isDone }) =>
    state === "failed" && !isDone
  );
  return isFailed ? "failed" : "stopped";
}
