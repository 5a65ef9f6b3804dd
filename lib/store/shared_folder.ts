// Whether processes of several hosts work in a runs folder. Once a cluster has been used with it, every lock in it is also a lease.
import { join } from "node:path";
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import { FileLock, type LockState, type LockWait } from "../disk/file_lock.ts";
import { makeFolder } from "../disk/folder_entries.ts";
import { Lease, type LeaseTiming } from "../disk/lease.ts";
import type { LockHolder } from "../disk/lock_holder.ts";
import { shownVersion } from "../disk/sealed_record.ts";
import { StoredStateError } from "../error/failure.ts";
import { isRecord } from "../json/record.ts";
import { storeLayout } from "./store_layout.ts";

const VERSION = 1;
// A killed runner's step leaves within 20 s; nobody may take its place before.
const TIMING: LeaseTiming = { beatMs: 5000, deadMs: 40_000 };

/** Marks the folder as one that several hosts work in; from then on every process takes leases there. */
export async function shareFolder(runsDir: string): Promise<LeaseTiming> {
  const known = await sharingOf(runsDir);
  if (known !== null) return known;
  await makeFolder(storeLayout(runsDir).store);
  await writeJsonAtomically(pathOf(runsDir), { version: VERSION, ...TIMING });
  return TIMING;
}

/**
 * How leases are kept in this folder; null where only one host works in it.
 *
 * @throws StoredStateError where the record cannot be understood
 */
export async function sharingOf(runsDir: string): Promise<LeaseTiming | null> {
  let text: string;
  try {
    text = await Deno.readTextFile(pathOf(runsDir));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const timing = readTiming(text);
  if (typeof timing !== "string") return timing;
  throw new StoredStateError(
    `Cannot read "${pathOf(runsDir)}": ${timing}`,
    { hint: "Remove it while nothing runs; the next job writes it again" },
  );
}

/** A held lock: the kernel's, and the lease where the folder is shared. */
export type WorkLock = AsyncDisposable & {
  /** @throws RefusedError where this file system's kernel locks keep nobody out and no lease makes up for it */
  refuseHollow(): Promise<void>;
};

/** The answer of {@linkcode acquireWorkLock}. */
export type WorkLockAttempt =
  | { readonly ok: true; readonly lock: WorkLock }
  | { readonly ok: false; readonly holder: LockHolder | null };

/** Takes the kernel's lock at `path`, and then the lease beside it where several hosts work in the folder. */
export async function acquireWorkLock(
  path: string,
  sharing: LeaseTiming | null,
  wait: LockWait & { readonly onLost?: () => void },
): Promise<WorkLockAttempt> {
  const kernel = await FileLock.acquire(path, wait);
  if (!kernel.ok || sharing === null) return kernel;
  const { lock } = kernel;
  try {
    const attempt = await Lease.acquire(path, sharing, wait);
    if (!attempt.ok) {
      await lock[Symbol.asyncDispose]();
      return attempt;
    }
    const { lease } = attempt;
    const held: WorkLock = {
      // The lease keeps others out where the kernel's lock does not.
      refuseHollow: () => Promise.resolve(),
      [Symbol.asyncDispose]: async () => {
        await lease[Symbol.asyncDispose]();
        await lock[Symbol.asyncDispose]();
      },
    };
    return { ok: true, lock: held };
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}

/** Looks whether somebody holds the lock, here or on another host. */
export async function inspectWorkLock(
  path: string,
  sharing: LeaseTiming | null,
): Promise<LockState> {
  const state = await FileLock.inspect(path);
  return state.kind === "held" || sharing === null
    ? state
    : await Lease.inspect(path, sharing);
}

function pathOf(runsDir: string): string {
  return join(storeLayout(runsDir).store, "shared.json");
}

/** The timing, or why there is none to read. */
function readTiming(text: string): LeaseTiming | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "it is no JSON";
  }
  if (!isRecord(value)) return "it is no JSON object";
  const { version, beatMs, deadMs } = value;
  if (version !== VERSION) {
    return `found version ${shownVersion(version)}, wanted ${VERSION}`;
  }
  const isTime = (ms: unknown) => typeof ms === "number" && ms > 0;
  return isTime(beatMs) && isTime(deadMs)
    ? value as unknown as LeaseTiming
    : "it does not tell how leases are kept";
}
