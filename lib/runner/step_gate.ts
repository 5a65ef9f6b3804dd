// One machine for the steps of several runs: how many run at once, none of them the same work twice, each with room for its needs.
import type { LocalOptions } from "../catalog/executor_options.ts";
import type { PlannedStep } from "../plan/plan.ts";
import { MachineShare, measureMachine } from "./machine_share.ts";

/** Lets steps in, whatever run they belong to. */
export class StepGate {
  readonly #jobs: number;
  readonly #inside = new Map<string, PlannedStep>();
  readonly #waiting = new Set<() => void>();
  /** Modules whose code a run has fetched. */
  readonly fetched: Set<string> = new Set();
  #share: Promise<MachineShare> | null = null;

  /** @param jobs most steps at the same time */
  constructor(jobs: number) {
    this.#jobs = jobs;
  }

  /** The machine, measured once, with the limits of the run that asks first. */
  share(limits: LocalOptions): Promise<MachineShare> {
    this.#share ??= measureMachine(limits, null).then((size) =>
      new MachineShare(size)
    );
    return this.#share;
  }

  /** Waits until the step may run, and answers what to dispose of when it has ended; null where `signal` came first. */
  async enter(
    step: PlannedStep,
    signal: AbortSignal,
  ): Promise<Disposable | null> {
    const share = await this.#share;
    const fits = () =>
      this.#inside.size < this.#jobs && !this.#inside.has(step.key) &&
      (share?.fits([...this.#inside.values(), step]) ?? true);
    while (!signal.aborted && !fits()) await this.#change(signal);
    if (signal.aborted) return null;
    this.#inside.set(step.key, step);
    return {
      [Symbol.dispose]: () => {
        this.#inside.delete(step.key);
        for (const wake of this.#waiting) wake();
      },
    };
  }

  async #change(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    this.#waiting.add(wake);
    signal.addEventListener("abort", wake);
    await promise;
    this.#waiting.delete(wake);
    signal.removeEventListener("abort", wake);
  }
}
