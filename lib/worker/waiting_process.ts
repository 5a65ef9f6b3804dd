// A step's process that was started before its turn: its code is loaded, and it touches nothing before its request comes. Where the
// runner is killed, its standard input ends, and so does it.
import { join } from "node:path";
import { temporaryPath } from "../disk/atomic_write.ts";
import { removeEntry, renameEntry } from "../disk/folder_entries.ts";
import { AUDIT_FILE } from "./access_audit.ts";
import { signalGroup } from "./process_group.ts";
import { spawnStep, type StepCommand } from "./step_command.ts";

// The audit is there as soon as Deno has read its arguments.
const AUDIT_WAIT_MS = 2000;
const AUDIT_POLL_MS = 5;

/** A process that waits for its request. */
export class WaitingProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #name: string;
  readonly #audit: string;
  #state: "waiting" | "over" | "disposed" | "handed over" = "waiting";

  /** Starts it; until it is handed over its audit is an unfinished file in `folder`. */
  static start(command: StepCommand, folder: string): WaitingProcess {
    const audit = temporaryPath(join(folder, AUDIT_FILE));
    return new WaitingProcess(spawnStep(command, audit), command, audit);
  }

  private constructor(
    child: Deno.ChildProcess,
    command: StepCommand,
    audit: string,
  ) {
    this.#child = child;
    this.#name = nameOf(command);
    this.#audit = audit;
    child.status.then(() => {
      if (this.#state === "waiting") this.#state = "over";
    });
  }

  /** The process, with its audit moved to `audit`; null where it has ended, or `command` would start it in another way. */
  async handOver(
    command: StepCommand,
    audit: string,
  ): Promise<Deno.ChildProcess | null> {
    const isMoved = nameOf(command) === this.#name &&
      await this.#moveAudit(audit);
    if (isMoved && this.#isWaiting()) {
      this.#state = "handed over";
      return this.#child;
    }
    await this[Symbol.asyncDispose]();
    return null;
  }

  /** Ends the process unless it was handed over. */
  async [Symbol.asyncDispose](): Promise<void> {
    const state = this.#state;
    if (state === "handed over" || state === "disposed") return;
    this.#state = "disposed";
    if (state === "waiting") signalGroup(this.#child, "SIGKILL");
    const { stdin, stdout, stderr, status } = this.#child;
    await Promise.allSettled([
      stdin.abort(),
      stdout.cancel(),
      stderr.cancel(),
      status,
    ]);
    // Where it stays, the run's next start clears it.
    await removeEntry(this.#audit).catch(() => {});
  }

  #isWaiting(): boolean {
    return this.#state === "waiting";
  }

  async #moveAudit(audit: string): Promise<boolean> {
    for (let ms = 0; ms < AUDIT_WAIT_MS; ms += AUDIT_POLL_MS) {
      if (!this.#isWaiting()) return false;
      try {
        await renameEntry(this.#audit, audit);
        return true;
      } catch (error) {
        // As between two file systems, where a process of its own writes its audit in its place.
        if (!(error instanceof Deno.errors.NotFound)) return false;
      }
      await new Promise((resolve) => setTimeout(resolve, AUDIT_POLL_MS));
    }
    return false;
  }
}

function nameOf({ entry, flags, confinement }: StepCommand): string {
  const { cores = null, gpus = null } = confinement ?? {};
  return JSON.stringify([entry, flags, cores, gpus]);
}
