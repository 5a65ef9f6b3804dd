// One runner per run: takes the run's lock, waiting as long as it is told to, and tidies what a killed runner left.
import { LockedError } from "../error/failure.ts";
import type { LeaseTiming } from "../disk/lease.ts";
import { describeHolder } from "../disk/lock_holder.ts";
import { clearLeftovers } from "../store/clear_leftovers.ts";
import { setDamagedManifestAside } from "../store/run_record.ts";
import { acquireWorkLock, type WorkLock } from "../store/shared_folder.ts";
import { runPaths } from "../store/store_layout.ts";
import { shownPath } from "../worker/permissions.ts";
import type { RunObserver } from "./run_notice.ts";

/** How to take the lock. */
export interface RunLockOptions {
  /** How long to wait for another runner; 0 does not wait. */
  readonly waitMs: number;
  /** Ends the wait. */
  readonly signal: AbortSignal;
  readonly observe: RunObserver;
  /** How leases are kept; null where one host works in the folder. */
  readonly sharing: LeaseTiming | null;
}

/**
 * Takes the lock of the run.
 *
 * @throws LockedError where another process still holds it after the wait
 * @throws RefusedError where the file system has no working locks
 */
export async function lockRun(
  runsDir: string,
  run: string,
  { waitMs, signal, observe, sharing }: RunLockOptions,
): Promise<WorkLock> {
  const { lock } = runPaths(runsDir, run);
  const attempt = await acquireWorkLock(lock, sharing, {
    waitMs,
    signal,
    onWait: (holder) =>
      waitMs > 0 &&
      observe({ kind: "waiting_for_run", run, holder: describeHolder(holder) }),
  });
  if (!attempt.ok) {
    throw new LockedError(
      `Cannot start run "${run}": ${
        describeHolder(attempt.holder)
      } is running it`,
      {
        hint:
          `Wait for it with --wait, stop it, or give another --runs folder; the lock is "${
            shownPath(lock)
          }"`,
      },
    );
  }
  try {
    await attempt.lock.refuseHollow();
    await clearLeftovers(runsDir, run);
    const damaged = await setDamagedManifestAside(runsDir, run);
    if (damaged !== null) observe({ kind: "record_set_aside", ...damaged });
    return attempt.lock;
  } catch (error) {
    await attempt.lock[Symbol.asyncDispose]();
    throw error;
  }
}
