// A lock between hosts that asks nothing of the file system but that creating a file is exclusive, as on NFS since version 3. The
// holder rewrites its file at intervals; who stays silent for long enough has lost it. Clocks of hosts are never compared: a
// waiter watches with its own whether the file changes.
import { basename, dirname } from "node:path";
import { isRecord } from "../json/record.ts";
import { DurableFile } from "./durable_file.ts";
import type { LockState, LockWait } from "./file_lock.ts";
import { removeEntry } from "./folder_entries.ts";
import { holderNow, type LockHolder, parseHolder } from "./lock_holder.ts";

/** How often a holder shows that it lives, and after what silence it counts as dead. */
export interface LeaseTiming {
  readonly beatMs: number;
  readonly deadMs: number;
}

/** How long to wait for a lease, and who asks. */
export interface LeaseWait extends LockWait {
  /** Called at most once, where the lease is lost while it is held: whoever works under it must stop now. */
  readonly onLost?: () => void;
  /** Name of this host; what another process of it held is free, because the caller has the kernel's lock. */
  readonly host?: string | null;
}

/** The answer of {@linkcode Lease.acquire}. */
export type LeaseAttempt =
  | { readonly ok: true; readonly lease: Lease }
  | { readonly ok: false; readonly holder: LockHolder | null };

interface Generation {
  readonly number: number;
  readonly text: string;
  /** By the clock of the file's host, in milliseconds; null where the file system does not tell. */
  readonly writtenAt: number | null;
}

const POLL_MS = 200;

/** A held lease; `await using` lets it go. */
export class Lease implements AsyncDisposable {
  readonly #path: string;
  readonly #number: number;
  readonly #holder: LockHolder;
  readonly #timing: LeaseTiming;
  readonly #onLost: () => void;
  readonly #timer: ReturnType<typeof setInterval>;
  #beats = 0;
  #lastBeat = performance.now();
  #isOver = false;
  #writing: Promise<void> = Promise.resolve();

  /** Takes the lease at `path`. The files are `path` with a number that grows by one with every holder: the highest one counts. */
  static async acquire(
    path: string,
    timing: LeaseTiming,
    wait: LeaseWait,
  ): Promise<LeaseAttempt> {
    const holder = holderNow(Deno.pid);
    const own = wait.host ?? holder.host;
    const start = performance.now();
    let seen = null as Generation | null;
    let seenAt = start;
    let told = false;
    for (;;) {
      const newest = await newestGeneration(path);
      if (newest?.number !== seen?.number || newest?.text !== seen?.text) {
        seen = newest;
        seenAt = performance.now();
      }
      const silentMs = performance.now() - seenAt;
      if (newest === null || isFree(newest, own) || silentMs > timing.deadMs) {
        const number = (newest?.number ?? 0) + 1;
        const lease = await Lease.#create(
          path,
          number,
          { ...holder, host: own },
          timing,
          wait.onLost ?? (() => {}),
        );
        if (lease !== null) return { ok: true, lease };
        continue;
      }
      // A holder that looks dead by its last words is watched for as long as it takes to be sure, whatever the wait.
      const patience = looksDead(newest, timing)
        ? Math.max(wait.waitMs, timing.deadMs * 2)
        : wait.waitMs;
      const other = parseHolder(newest.text);
      if (performance.now() - start >= patience) {
        return { ok: false, holder: other };
      }
      wait.signal?.throwIfAborted();
      if (!told) wait.onWait?.(other);
      told = true;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Whether somebody holds the lease at `path`, as far as its last words tell; who rewrites them at this moment has no name. */
  static async inspect(
    path: string,
    timing: LeaseTiming,
  ): Promise<LockState> {
    const newest = await newestGeneration(path);
    const isHeld = newest !== null && !isFree(newest, null) &&
      !looksDead(newest, timing);
    return isHeld
      ? { kind: "held", holder: parseHolder(newest.text) }
      : { kind: "free" };
  }

  static async #create(
    path: string,
    number: number,
    holder: LockHolder,
    timing: LeaseTiming,
    onLost: () => void,
  ): Promise<Lease | null> {
    const own = generationPath(path, number);
    try {
      using file = await DurableFile.open(own, {
        createNew: true,
        write: true,
      });
      await file.write(contentOf(holder, 0, false));
    } catch (error) {
      // Somebody was faster.
      if (error instanceof Deno.errors.AlreadyExists) return null;
      throw error;
    }
    const newest = await newestGeneration(path);
    if (newest?.number !== number) {
      await removeEntry(own);
      return null;
    }
    for (const old of await generations(path)) {
      if (old < number) {
        await removeEntry(generationPath(path, old)).catch(() => {});
      }
    }
    return new Lease(path, number, holder, timing, onLost);
  }

  private constructor(
    path: string,
    number: number,
    holder: LockHolder,
    timing: LeaseTiming,
    onLost: () => void,
  ) {
    this.#path = path;
    this.#number = number;
    this.#holder = holder;
    this.#timing = timing;
    this.#onLost = onLost;
    this.#timer = setInterval(() => {
      this.#writing = this.#writing.then(() => this.#beat());
    }, timing.beatMs);
    Deno.unrefTimer(this.#timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    if (this.#isOver) return;
    this.#isOver = true;
    // The file stays: its number must not be given a second time.
    await this.#write(true).catch(() => {});
  }

  async #beat(): Promise<void> {
    if (this.#isOver) return;
    try {
      this.#beats++;
      await this.#write(false);
      const newest = await newestGeneration(this.#path);
      if (newest?.number === this.#number) {
        this.#lastBeat = performance.now();
        return;
      }
      return this.#lose();
    } catch {
      // A server that does not answer for a moment; it may be a moment too long.
    }
    // Before others may take it, so that two never work at once.
    if (performance.now() - this.#lastBeat > this.#timing.deadMs / 2) {
      this.#lose();
    }
  }

  #lose(): void {
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#onLost();
  }

  async #write(isReleased: boolean): Promise<void> {
    const path = generationPath(this.#path, this.#number);
    using file = await DurableFile.open(path, { write: true });
    await file.truncate(0);
    await file.write(contentOf(this.#holder, this.#beats, isReleased));
  }
}

function contentOf(
  holder: LockHolder,
  beat: number,
  isReleased: boolean,
): Uint8Array {
  const at = new Date().toISOString();
  const text = `${JSON.stringify({ ...holder, at, beat, isReleased })}\n`;
  return new TextEncoder().encode(text);
}

function generationPath(path: string, number: number): string {
  return `${path}.lease-${number}`;
}

async function generations(path: string): Promise<number[]> {
  const prefix = `${basename(path)}.lease-`;
  const found: number[] = [];
  try {
    for await (const { name } of Deno.readDir(dirname(path))) {
      if (!name.startsWith(prefix)) continue;
      const number = Number(name.slice(prefix.length));
      if (Number.isInteger(number)) found.push(number);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort((left, right) => left - right);
}

async function newestGeneration(path: string): Promise<Generation | null> {
  for (;;) {
    const number = (await generations(path)).at(-1);
    if (number === undefined) return null;
    const own = generationPath(path, number);
    try {
      const text = await Deno.readTextFile(own);
      const { mtime } = await Deno.stat(own);
      return { number, text, writtenAt: mtime?.getTime() ?? null };
    } catch (error) {
      // A newer holder has tidied it away.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

function wordsOf({ text }: Generation): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? { ...value } : null;
  } catch {
    // Its holder is writing at this moment.
    return null;
  }
}

function isFree(generation: Generation, ownHost: string | null): boolean {
  const words = wordsOf(generation);
  return words !== null && (words["isReleased"] === true ||
    (ownHost !== null && words["host"] === ownHost));
}

/** By the clocks of two hosts: good enough for a message and for patience, never for a decision. */
function looksDead(generation: Generation, timing: LeaseTiming): boolean {
  // Who died while writing has left no words, but the time of the file.
  const words = wordsOf(generation);
  const at = words === null
    ? generation.writtenAt ?? NaN
    : typeof words["at"] === "string"
    ? Date.parse(words["at"])
    : NaN;
  return Number.isFinite(at) && Date.now() - at > timing.deadMs * 2;
}
