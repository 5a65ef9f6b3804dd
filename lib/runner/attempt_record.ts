// The numbered folders of a step's attempts: log, access audit, and how long each took.
import { join } from "node:path";
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import { makeFolder } from "../disk/folder_entries.ts";
import { stepPaths } from "../store/store_layout.ts";
import type { AccessSummary } from "../worker/access_audit.ts";
import {
  ACCESS_FILE,
  ATTEMPT_FILE,
  PERMISSIONS_FILE,
} from "../worker/attempt_files.ts";
import type { ResolvedPermissions } from "../worker/permission_flags.ts";

/** One attempt's folder. */
export interface AttemptFolder {
  /** From 1, over all runs that worked on the step. */
  readonly number: number;
  /** Absolute. */
  readonly path: string;
}

/** Makes the folder of the next attempt; the caller holds the step's lock. */
export async function openAttempt(stepFolder: string): Promise<AttemptFolder> {
  const { attempts } = stepPaths(stepFolder);
  const last = Math.max(0, ...await attemptNumbers(attempts));
  const path = join(attempts, String(last + 1));
  await makeFolder(path);
  return { number: last + 1, path };
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
  elapsedMs: number,
  outcome: string,
): Promise<void> {
  await writeJsonAtomically(join(attempt.path, ATTEMPT_FILE), {
    elapsedMs: Math.round(elapsedMs),
    outcome,
  });
}

/** Milliseconds of all attempts that left a record; one whose runner was killed left none. */
export async function totalElapsedMs(stepFolder: string): Promise<number> {
  const { attempts } = stepPaths(stepFolder);
  let total = 0;
  for (const number of await attemptNumbers(attempts)) {
    total += await elapsedOf(join(attempts, String(number), ATTEMPT_FILE));
  }
  return total;
}

async function elapsedOf(path: string): Promise<number> {
  try {
    const record = JSON.parse(await Deno.readTextFile(path)) as {
      readonly elapsedMs?: unknown;
    };
    return typeof record.elapsedMs === "number" ? record.elapsedMs : 0;
  } catch {
    // A time for the table only: a record that is missing or torn counts nothing.
    return 0;
  }
}

async function attemptNumbers(attempts: string): Promise<number[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(attempts));
    return entries.map((entry) => Number(entry.name)).filter(Number.isInteger);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
