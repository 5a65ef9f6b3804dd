// The machine's cores, memory and GPUs, and which step has which of them: steps that say what they need share it without overlap.
import { type LocalOptions, memoryBytes } from "../catalog/executor_options.ts";
import { secondsOf } from "../clock/duration.ts";
import { RefusedError } from "../error/failure.ts";
import { isGranted } from "../disk/granted.ts";
import type { PlannedStep } from "../plan/plan.ts";
import { formatBytes } from "../disk/byte_count.ts";
import { type Confinement, ownCores, ownGpus } from "../worker/confinement.ts";

/** What there is for all steps together; null where it is not known, and so not shared out. */
export interface MachineSize {
  readonly cpus: number;
  readonly memoryBytes: number | null;
  readonly gpus: number;
  /** Numbers of the cores; null where steps cannot be held to some of them. */
  readonly cores: readonly number[] | null;
}

/** The machine as `limits` bound it; what none of `steps` asks for is not looked up, and everything is where they are not known. */
export async function measureMachine(
  limits: LocalOptions,
  steps: readonly PlannedStep[] | null,
): Promise<MachineSize> {
  const needs = steps?.map(needsOf) ?? null;
  const asksFor = (what: "cpus" | "gpus") =>
    needs === null || needs.some((need) => need[what] > 0);
  const cores = asksFor("cpus") ? await ownCores() : null;
  const cpus = cores?.length ?? navigator.hardwareConcurrency;
  const known = isGranted({ name: "sys", kind: "systemMemoryInfo" })
    ? Deno.systemMemoryInfo().total
    : null;
  return {
    cpus: limits.cpus ?? cpus,
    memoryBytes: limits.memory === null ? known : memoryBytes(limits.memory),
    gpus: limits.gpus ??
      (asksFor("gpus") ? await ownGpus() : 0),
    cores: cores === null ? null : cores.slice(0, limits.cpus ?? cores.length),
  };
}

/** Shares a machine out to steps. */
export class MachineShare {
  readonly #size: MachineSize;
  readonly #taken = new Map<string, Confinement>();

  constructor(size: MachineSize) {
    this.#size = size;
  }

  /** @throws RefusedError that names every step which needs more than there is at all */
  refuseTooLarge(steps: readonly PlannedStep[]): void {
    const faults = steps.flatMap((step) => {
      const fault = this.#shortage([step]);
      return fault === null ? [] : [`step "${step.name}" asks for ${fault}`];
    });
    if (faults.length === 0) return;
    throw new RefusedError(
      `Cannot run here: ${faults.join("; ")}`,
      {
        hint:
          "Lower the step's `resources`, raise `executor.local`, or run it on a cluster with --executor slurm",
      },
    );
  }

  /** Whether the needs of these steps fit side by side. */
  fits(steps: readonly PlannedStep[]): boolean {
    return this.#shortage(steps) === null;
  }

  /** Gives the step cores and GPUs of its own; the caller has seen that they are there. */
  take(step: PlannedStep): Confinement {
    const { cpus, gpus, memory } = needsOf(step);
    const { time } = step.step.resources;
    const all = [...this.#taken.values()];
    const usedCores = new Set(all.flatMap(({ cores }) => cores ?? []));
    const usedGpus = new Set(all.flatMap((one) => one.gpus ?? []));
    const gpuNumbers = Array.from({ length: this.#size.gpus }, (_, at) => at);
    const taken: Confinement = {
      cores: cpus === 0 || this.#size.cores === null
        ? null
        : this.#size.cores.filter((one) => !usedCores.has(one)).slice(0, cpus),
      gpus: step.step.resources.gpus === null
        ? null
        : gpuNumbers.filter((one) => !usedGpus.has(one)).slice(0, gpus),
      memoryBytes: memory === 0 ? null : memory,
      timeMs: time === null ? null : secondsOf(time) * 1000,
    };
    this.#taken.set(step.key, taken);
    return taken;
  }

  /** Takes back what the step had. */
  giveBack(step: PlannedStep): void {
    this.#taken.delete(step.key);
  }

  /** What there is too little of; null where the needs fit. */
  #shortage(steps: readonly PlannedStep[]): string | null {
    const sum = { cpus: 0, memory: 0, gpus: 0 };
    for (const { cpus, memory, gpus } of steps.map(needsOf)) {
      sum.cpus += cpus;
      sum.memory += memory;
      sum.gpus += gpus;
    }
    const { cpus, memoryBytes: memory, gpus } = this.#size;
    if (sum.cpus > cpus) return `${sum.cpus} cpus, there are ${cpus}`;
    if (sum.gpus > gpus) return `${sum.gpus} gpus, there are ${gpus}`;
    return memory !== null && sum.memory > memory
      ? `${formatBytes(sum.memory)} of memory, there are ${formatBytes(memory)}`
      : null;
  }
}

function needsOf(
  { step }: PlannedStep,
): { readonly cpus: number; readonly memory: number; readonly gpus: number } {
  const { cpus, memory, gpus } = step.resources;
  return {
    cpus: cpus ?? 0,
    memory: memory === null ? 0 : memoryBytes(memory),
    gpus: gpus ?? 0,
  };
}
