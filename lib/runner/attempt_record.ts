// The numbered folders of a step's attempts: log, access audit, and a record of when each began and how it ended.
import { join } from "node:path";
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import { makeFolder } from "../disk/folder_entries.ts";
import { seal } from "../disk/sealed_record.ts";
import type { AccessSummary } from "../worker/access_audit.ts";
import { ACCESS_FILE, PERMISSIONS_FILE } from "../worker/attempt_files.ts";
import type { ResolvedPermissions } from "../worker/permission_flags.ts";
import type { Failure } from "../error/failure.ts";
import {
  attemptNumbers,
  type AttemptRecord,
  readAttempts,
} from "../store/attempt_history.ts";
import { attemptRecordPath, stepPaths } from "../store/store_layout.ts";

/** One attempt's folder. */
export interface AttemptFolder {
  /** From 1, over all runs that worked on the step. */
  readonly number: number;
  /** Absolute. */
  readonly path: string;
  readonly startedAt: Date;
}

/** Makes the folder of the next attempt and notes that it began; the caller holds the step's lock. */
export async function openAttempt(
  stepFolder: string,
  run: string,
): Promise<AttemptFolder> {
  const { attempts } = stepPaths(stepFolder);
  const last = Math.max(0, ...attemptNumbers(attempts));
  const attempt = {
    number: last + 1,
    path: join(attempts, String(last + 1)),
    startedAt: new Date(),
  };
  await makeFolder(attempt.path);
  await writeRecord(attempt, {
    run,
    outcome: "running",
    elapsedMs: null,
    failure: null,
    retryDelayMs: null,
  });
  return attempt;
}

/** How an attempt ended. */
export interface AttemptEnd {
  readonly run: string;
  readonly outcome: "done" | "stopped" | "failed";
  readonly elapsedMs: number;
  /** Null where it did not fail. */
  readonly failure: Failure | null;
  /** Wait before the next attempt; null where none follows by itself. */
  readonly retryDelayMs: number | null;
}

/** Notes what an attempt may touch, with every place as it is on this machine, beside the audit of what it asked for. */
export async function notePermissions(
  attempt: AttemptFolder,
  permissions: ResolvedPermissions,
): Promise<void> {
  await writeJsonAtomically(
    join(attempt.path, PERMISSIONS_FILE),
    permissions,
  );
}

/** Notes what an attempt asked for. */
export async function noteAccess(
  attempt: AttemptFolder,
  access: AccessSummary,
): Promise<void> {
  await writeJsonAtomically(join(attempt.path, ACCESS_FILE), access);
}

/** Notes how long an attempt took and how it ended. */
export async function closeAttempt(
  attempt: AttemptFolder,
  { failure, elapsedMs, ...end }: AttemptEnd,
): Promise<void> {
  await writeRecord(attempt, {
    ...end,
    elapsedMs: Math.round(elapsedMs),
    failure: failure === null
      ? null
      : { message: failure.message, exitCode: failure.exitCode },
  });
}

/** Milliseconds of all attempts that left a record; one whose runner was killed left none. */
export async function totalElapsedMs(stepFolder: string): Promise<number> {
  const attempts = await readAttempts(stepFolder);
  return attempts.reduce((sum, { elapsedMs }) => sum + (elapsedMs ?? 0), 0);
}

async function writeRecord(
  { number, path, startedAt }: AttemptFolder,
  record: Omit<AttemptRecord, "number" | "startedAt">,
): Promise<void> {
  await writeJsonAtomically(
    attemptRecordPath(path),
    seal({ number, startedAt: startedAt.toISOString(), ...record }),
  );
}
