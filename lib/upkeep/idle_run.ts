// A run that nobody works on, held so that nobody begins to while its records are moved or removed.
import { LockedError, UsageError } from "../error/failure.ts";
import { didYouMean } from "../source/suggestion.ts";
import { listRuns, readRunManifest } from "../store/run_record.ts";
import { describeWork, stepWork } from "../store/run_work.ts";
import {
  acquireWorkLock,
  sharingOf,
  type WorkLock,
} from "../store/shared_folder.ts";
import { indexStepFolders, runPaths } from "../store/store_layout.ts";

/**
 * Takes the lock of a run that nobody works on; `action` is what for, such as `rename`.
 *
 * @throws {UsageError} where there is no such run
 * @throws {LockedError} where somebody works on it, or a job of it waits in a queue
 * @throws {StoredStateError} where its manifest cannot be understood
 */
export async function holdIdleRun(
  runsDir: string,
  run: string,
  action: string,
): Promise<WorkLock> {
  if (!listRuns(runsDir).includes(run)) throw noSuchRun(runsDir, run, action);
  await using held = new AsyncDisposableStack();
  const lock = held.use(await lockName(runsDir, run, action));
  // With the lock nobody begins any more: what is found now stays so.
  const manifest = await readRunManifest(runsDir, run);
  if (manifest === null) throw noSuchRun(runsDir, run, action);
  const sharing = await sharingOf(runsDir);
  const index = indexStepFolders(runsDir);
  const work = await stepWork(
    { runsDir, run, sharing, index },
    manifest.steps,
  );
  if (work.kind !== "none") {
    throw new LockedError(
      `Cannot ${action} run "${run}": ${describeWork(work)}`,
      {
        hint: work.kind === "queued"
          ? `Wait for it, or end it with \`fluxline cancel ${run}\``
          : "Wait until it has ended",
      },
    );
  }
  held.move();
  return lock;
}

function noSuchRun(runsDir: string, run: string, action: string): UsageError {
  return new UsageError(
    `Cannot ${action} run "${run}": there is no such run in "${runsDir}"${
      didYouMean(run, listRuns(runsDir))
    }`,
    { hint: "`fluxline runs list` shows the runs" },
  );
}

/**
 * Takes the lock of a name, whether or not a run has it.
 *
 * @throws {LockedError} where another process holds it
 */
export async function lockName(
  runsDir: string,
  run: string,
  action: string,
): Promise<WorkLock> {
  const { lock } = runPaths(runsDir, run);
  const attempt = await acquireWorkLock(lock, await sharingOf(runsDir), {
    waitMs: 0,
  });
  if (attempt.ok) return attempt.lock;
  throw new LockedError(
    `Cannot ${action} run "${run}": ${
      describeWork({ kind: "runner", holder: attempt.holder })
    }`,
    { hint: "Wait until it has ended" },
  );
}
