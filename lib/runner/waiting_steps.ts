// Processes of the script steps that come next, started while others run: the start of Deno takes longer than many a script.
import { activeDiskTest } from "../disk/disk_test.ts";
import type { PlannedStep } from "../plan/plan.ts";
import { runPaths } from "../store/store_layout.ts";
import {
  permissionFlags,
  resolvePermissions,
  stepEntry,
} from "../worker/permission_flags.ts";
import { WaitingProcess } from "../worker/waiting_process.ts";
import type { GraphOf } from "./step_code.ts";

// Quick steps follow each other; while a long one runs, nothing should sit beside it.
const LONGEST_WAIT_MS = 10_000;

/** The processes that wait. */
export class WaitingSteps implements AsyncDisposable {
  readonly #runsDir: string;
  readonly #graphOf: GraphOf;
  /** By name of the step. */
  readonly #waiting = new Map<string, Promise<WaitingProcess | null>>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #ending: Promise<void> = Promise.resolve();

  constructor(runsDir: string, graphOf: GraphOf) {
    this.#runsDir = runsDir;
    this.#graphOf = graphOf;
  }

  /** Starts the processes of those of `steps` that are scripts and have none yet. */
  expect(steps: readonly PlannedStep[]): void {
    for (const step of steps.filter(canWait)) {
      if (this.#waiting.has(step.name)) continue;
      this.#waiting.set(step.name, this.#start(step));
    }
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => this.#ending = this.#endAll(),
      LONGEST_WAIT_MS,
    );
  }

  /** The process of the step, which is the caller's from now on; null where there is none. */
  async take({ name }: PlannedStep): Promise<WaitingProcess | null> {
    const waiting = this.#waiting.get(name);
    this.#waiting.delete(name);
    return await waiting ?? null;
  }

  /** Ends the process of a step that is over without having needed it, as one that was found finished. */
  async forget(step: PlannedStep): Promise<void> {
    await using _process = await this.take(step);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#ending;
    await this.#endAll();
  }

  async #start(step: PlannedStep): Promise<WaitingProcess | null> {
    const { packageRoot, folder, run } = step.request;
    try {
      const permissions = await resolvePermissions(
        step.permissions,
        packageRoot,
        (entry) => this.#graphOf(entry, packageRoot),
      );
      return WaitingProcess.start({
        entry: stepEntry(packageRoot, step.task),
        flags: permissionFlags(permissions, folder, packageRoot),
      }, runPaths(this.#runsDir, run).folder);
    } catch {
      // The step meets the same trouble at its turn, and tells it.
      return null;
    }
  }

  async #endAll(): Promise<void> {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of await Promise.all(all)) {
      await one?.[Symbol.asyncDispose]();
    }
  }
}

/** A process cannot be moved to other cores or GPUs later, and a test of the disk numbers what happens in the order of the steps. */
function canWait({ task, step }: PlannedStep): boolean {
  const { cpus, gpus } = step.resources;
  return task === "script" && cpus === null && gpus === null &&
    activeDiskTest() === null;
}
