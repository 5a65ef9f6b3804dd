// An exclusive lock of the kernel: it dies with its holder, also by SIGKILL. The file tells who holds it; it is never deleted,
// because a waiter could then lock a file that nobody else sees.
import { dirname } from "node:path";
import { RefusedError, StoredStateError } from "../error/failure.ts";
import { DurableFile } from "./durable_file.ts";
import { makeFolder } from "./folder_entries.ts";
import { holderNow, type LockHolder, readHolder } from "./lock_holder.ts";
import { operateSync } from "./operation.ts";

/** What {@linkcode FileLock.inspect} sees; the holder is null where the file cannot be understood. */
export type LockState =
  | { readonly kind: "free" }
  | { readonly kind: "held"; readonly holder: LockHolder | null };

/** The answer of {@linkcode FileLock.tryAcquire}. */
export type LockAttempt =
  | { readonly ok: true; readonly lock: FileLock }
  | { readonly ok: false; readonly holder: LockHolder | null };

/** How long to wait for a lock, and what to do meanwhile. */
export interface LockWait {
  /** 0 does not wait. */
  readonly waitMs: number;
  readonly signal?: AbortSignal;
  /** Called once, when the wait begins. */
  readonly onWait?: (holder: LockHolder | null) => void;
}

// A look by `inspect` takes a shared lock for an instant; it must not make a runner believe that it is second.
const GRACE_MS = 60;
const POLL_MS = 20;
// Whoever waits for hours need not look fifty times a second.
const LONGEST_POLL_MS = 250;

/** A held lock; `await using` lets it go. */
export class FileLock implements AsyncDisposable {
  readonly #file: DurableFile;
  readonly holder: LockHolder;

  /**
   * Takes the lock at `path` (the file is made where it is missing), waiting up to `waitMs`.
   *
   * @throws {RefusedError} where the file system has no locks
   * @throws {StoredStateError} where something else than a file is in the place of the lock file
   */
  static async acquire(
    path: string,
    wait: LockWait = { waitMs: 0 },
  ): Promise<LockAttempt> {
    const start = performance.now();
    let told = false;
    for (
      let pollMs = POLL_MS;;
      pollMs = Math.min(pollMs * 1.2, LONGEST_POLL_MS)
    ) {
      const attempt = await FileLock.tryAcquire(path);
      const waited = performance.now() - start;
      if (attempt.ok || waited >= Math.max(wait.waitMs, GRACE_MS)) {
        return attempt;
      }
      wait.signal?.throwIfAborted();
      if (!told && waited > GRACE_MS) {
        wait.onWait?.(attempt.holder);
        told = true;
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  /** One attempt, without waiting. */
  static async tryAcquire(path: string): Promise<LockAttempt> {
    const file = await openLockFile(path);
    try {
      if (!(await lockOrRefuse(file))) {
        file[Symbol.dispose]();
        return { ok: false, holder: await readHolder(path) };
      }
      const holder = holderNow(Deno.pid);
      await writeHolder(file, holder);
      return { ok: true, lock: new FileLock(file, holder) };
    } catch (error) {
      file[Symbol.dispose]();
      throw error;
    }
  }

  /** Looks whether somebody holds the lock; needs read access only and creates nothing. */
  static async inspect(path: string): Promise<LockState> {
    let file: Deno.FsFile;
    try {
      refuseOddLock(path);
      file = await Deno.open(path, { read: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return { kind: "free" };
      throw error;
    }
    using open = file;
    // The lock goes with the handle, so that nothing is left to release.
    if (await open.tryLock(false)) return { kind: "free" };
    return { kind: "held", holder: await readHolder(path) };
  }

  private constructor(file: DurableFile, holder: LockHolder) {
    this.#file = file;
    this.holder = holder;
  }

  /**
   * Makes sure that the lock keeps others out: some network file systems grant every lock to everybody.
   *
   * @throws {RefusedError} where a second lock on the same file is granted while this one is held
   */
  async refuseHollow(): Promise<void> {
    using second = await Deno.open(this.#file.path, { read: true });
    if (await second.tryLock(true)) throw noLocks(this.#file.path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Emptied while the lock is still held: the name of the next holder cannot be wiped.
    await this.#file.truncate(0).catch(() => {});
    await this.#file.unlock();
    this.#file[Symbol.dispose]();
  }
}

/** Writes into a lock file that process `pid` of this machine holds it, for a holder that may not write there itself. */
export function nameHolder(path: string, pid: number): void {
  const text = `${JSON.stringify(holderNow(pid))}\n`;
  try {
    operateSync(
      { kind: "write", path },
      () => Deno.writeTextFileSync(path, text),
    );
  } catch {
    // A full disk: the lock holds without a name.
  }
}

/** A lock without a name in it is still a lock: a full disk must not keep a run from starting. */
async function writeHolder(
  file: DurableFile,
  holder: LockHolder,
): Promise<void> {
  try {
    await file.truncate(0);
    await file.write(new TextEncoder().encode(`${JSON.stringify(holder)}\n`));
  } catch {
    // Only messages suffer.
  }
}

async function lockOrRefuse(file: DurableFile): Promise<boolean> {
  try {
    return await file.tryLock();
  } catch (error) {
    throw noLocks(file.path, error);
  }
}

function noLocks(path: string, cause?: unknown): RefusedError {
  const why = cause instanceof Error ? ` (${cause.message})` : "";
  return new RefusedError(
    `Cannot lock "${path}": this file system has no working locks${why}`,
    {
      hint:
        "Keep the runs on a disk of this machine: name a folder there with --runs",
      cause,
    },
  );
}

async function openLockFile(path: string): Promise<DurableFile> {
  const options = { create: true, read: true, write: true } as const;
  try {
    refuseOddLock(path);
    return await DurableFile.open(path, options);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await makeFolder(dirname(path));
    return await DurableFile.open(path, options);
  }
}

/** A pipe would be waited for without end, and a link to nothing would be made into a file in another place. */
function refuseOddLock(path: string): void {
  let isFile: boolean;
  try {
    ({ isFile } = Deno.lstatSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  if (isFile) return;
  throw new StoredStateError(
    `Cannot lock "${path}": it is not a regular file`,
    { hint: "Remove it and run the same command again" },
  );
}
