// An exclusive lock of the kernel: it dies with its holder, also by SIGKILL. The file tells who holds it; it is never deleted,
// because a waiter could then lock a file that nobody else sees.
import { dirname } from "node:path";
import { makeFolder } from "./atomic_write.ts";
import { isGranted } from "./granted.ts";

/** Who holds a lock, as far as that process may know it itself. */
export interface LockHolder {
  readonly host: string | null;
  /** Tells a process number from the same number before a reboot. */
  readonly bootId: string | null;
  readonly pid: number;
  /** ISO 8601, UTC. */
  readonly since: string;
}

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

/** A held lock; `await using` lets it go. */
export class FileLock implements AsyncDisposable {
  readonly #file: Deno.FsFile;
  readonly holder: LockHolder;

  /** Takes the lock at `path` (the file is made where it is missing), waiting up to `waitMs`. */
  static async acquire(
    path: string,
    wait: LockWait = { waitMs: 0 },
  ): Promise<LockAttempt> {
    const start = performance.now();
    let told = false;
    for (;;) {
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
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** One attempt, without waiting. */
  static async tryAcquire(path: string): Promise<LockAttempt> {
    const file = await openLockFile(path);
    try {
      if (!(await file.tryLock(true))) {
        file.close();
        return { ok: false, holder: await readHolder(path) };
      }
      const holder = holderNow(Deno.pid);
      const bytes = new TextEncoder().encode(`${JSON.stringify(holder)}\n`);
      await file.truncate(0);
      for (let at = 0; at < bytes.length;) {
        at += await file.write(bytes.subarray(at));
      }
      return { ok: true, lock: new FileLock(file, holder) };
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Looks whether somebody holds the lock; needs read access only and creates nothing. */
  static async inspect(path: string): Promise<LockState> {
    let file: Deno.FsFile;
    try {
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

  private constructor(file: Deno.FsFile, holder: LockHolder) {
    this.#file = file;
    this.holder = holder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Emptied while the lock is still held: the name of the next holder cannot be wiped.
    await this.#file.truncate(0);
    await this.#file.unlock();
    this.#file.close();
  }
}

/** Writes into a lock file that process `pid` of this machine holds it, for a holder that may not write there itself. */
export function nameHolder(path: string, pid: number): void {
  Deno.writeTextFileSync(path, `${JSON.stringify(holderNow(pid))}\n`);
}

/** One clause for messages: `process 4711 on host "vm" since 2026-01-01T00:00:00.000Z`. */
export function describeHolder(holder: LockHolder | null): string {
  if (holder === null) return "another process";
  const host = holder.host === null ? "" : ` on host "${holder.host}"`;
  return `process ${holder.pid}${host} since ${holder.since}`;
}

async function openLockFile(path: string): Promise<Deno.FsFile> {
  const options = { create: true, read: true, write: true } as const;
  try {
    return await Deno.open(path, options);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    // Only now: a step's process may touch its lock file, but not look at the folder that holds it.
    await makeFolder(dirname(path));
    return await Deno.open(path, options);
  }
}

function holderNow(pid: number): LockHolder {
  return {
    host: isGranted({ name: "sys", kind: "hostname" }) ? Deno.hostname() : null,
    bootId: readBootId(),
    pid,
    since: new Date().toISOString(),
  };
}

function readBootId(): string | null {
  const path = "/proc/sys/kernel/random/boot_id";
  if (!isGranted({ name: "read", path })) return null;
  try {
    return Deno.readTextFileSync(path).trim();
  } catch {
    // Deno keeps /proc to processes with every permission; other systems have no such file.
    return null;
  }
}

async function readHolder(path: string): Promise<LockHolder | null> {
  try {
    const found = JSON.parse(await Deno.readTextFile(path)) as
      | Partial<LockHolder>
      | null;
    if (typeof found?.pid !== "number" || typeof found.since !== "string") {
      return null;
    }
    return {
      host: typeof found.host === "string" ? found.host : null,
      bootId: typeof found.bootId === "string" ? found.bootId : null,
      pid: found.pid,
      since: found.since,
    };
  } catch {
    // The holder may be writing its name at this moment.
    return null;
  }
}
