// Finished work is hashed whenever it is about to be used: a plan only looked at sizes and times.
import { FileLock } from "../disk/file_lock.ts";
import type { Plan, PlannedStep } from "../plan/plan.ts";
import { readMarker } from "../store/marker.ts";
import { setAside } from "../store/set_aside.ts";
import { acquireWorkLock, sharingOf } from "../store/shared_folder.ts";
import { stepPaths } from "../store/store_layout.ts";
import type { RunObserver } from "./run_notice.ts";

/** Hashes the reused steps that a pending step reads, moves those aside that do not match, and answers whether there were any. */
export async function setAsideDamagedInputs(
  plan: Plan,
  observe: RunObserver,
): Promise<boolean> {
  let isChanged = false;
  const sharing = await sharingOf(plan.runsDir);
  for (const step of reusedInputs(plan)) {
    const lookup = await readMarker(step.folder, { deep: true });
    if (lookup.kind !== "damaged") continue;
    // Whoever holds one of the locks is redoing the step at this moment; it is waited for when its turn comes.
    const { lock, runnerLock } = stepPaths(step.folder);
    const outer = await acquireWorkLock(runnerLock, sharing, { waitMs: 0 });
    if (!outer.ok) continue;
    await using _outer = outer.lock;
    const inner = await FileLock.acquire(lock);
    if (!inner.ok) continue;
    await using _inner = inner.lock;
    const folder = await setAside(step.folder, lookup.reason);
    observe({ kind: "set_aside", step, reason: lookup.reason, folder });
    isChanged = true;
  }
  return isChanged;
}

function reusedInputs(plan: Plan): PlannedStep[] {
  const read = new Set(
    plan.steps.filter((step) => step.action !== "reuse")
      .flatMap((step) => Object.keys(step.request.inputs)),
  );
  return plan.steps.filter((step) =>
    step.action === "reuse" && read.has(step.name)
  );
}
