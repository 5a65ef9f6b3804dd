// Who takes part: every engine that is there, PyTorch where Python has it, and how each is started.
import { fileURLToPath } from "node:url";
import {
  ENGINE_NAMES,
  type EngineName,
  type EngineStart,
} from "../../lib/engine_setup/engine_choice.ts";
import { ANY_ENGINE, candidate } from "../../lib/engine_setup/engine_wish.ts";
import { MODEL, SETTINGS } from "./workload.ts";

/** One side of the comparison. */
export interface Contestant {
  readonly title: string;
  /** Threads that share an op; null where the side has no choice, as a GPU. */
  readonly threads: number | null;
  readonly isTorch: boolean;
  /** Command line of its worker for a file of weights and inputs, or "-". */
  command(file: string): string[];
}

/** Who is there, and why others are not. */
export interface Field {
  readonly contestants: Contestant[];
  readonly absent: string[];
}

/** Looks at the machine. `wanted`: engines by name; empty for all that are there. */
export async function findContestants(
  wanted: readonly string[],
  threads: number,
): Promise<Field> {
  const contestants: Contestant[] = [];
  const absent: string[] = [];
  for (const name of ENGINE_NAMES) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const reason = await missing(name, wanted.includes(name));
    if (reason !== null) {
      absent.push(`${name}: ${reason}`);
      continue;
    }
    const found = candidate(name, { ...ANY_ENGINE, name, threads });
    if (found.kind === "possible") contestants.push(engine(found.choice));
  }
  if (await hasTorch()) {
    const counts = new Set(
      contestants.flatMap(({ threads }) => threads === null ? [] : [threads]),
    );
    for (const count of [...counts].sort((a, b) => b - a)) {
      contestants.push(torch(count));
    }
  } else {
    absent.push("PyTorch: Python has none (python3 -m pip install torch)");
  }
  return { contestants, absent };
}

/** Command line of the loop over TensorFlow's own C API; null where its library is not there. */
export function floorCommand(threads: number): string[] | null {
  const found = candidate("tensorflow", { ...ANY_ENGINE, threads });
  if (found.kind !== "possible") return null;
  const { path } = found.choice.library!;
  return denoWorker("native_floor.ts", path, `${threads}`);
}

async function missing(
  name: EngineName,
  isWanted: boolean,
): Promise<string | null> {
  const found = candidate(name, { ...ANY_ENGINE, name });
  if (found.kind === "missing") return found.reason;
  if (name !== "webgpu" || isWanted) return null;
  const adapter = await navigator.gpu?.requestAdapter() ?? null;
  if (adapter === null) return "no GPU answers";
  return adapter.info.isFallbackAdapter
    ? "the GPU is imitated by software; --engine webgpu takes it"
    : null;
}

function engine(choice: EngineStart): Contestant {
  const { name, threads, device } = choice;
  return {
    title: name,
    threads: device === "gpu" ? null : threads ?? 1,
    isTorch: false,
    command: (file) =>
      denoWorker("engine_worker.ts", JSON.stringify(choice), file),
  };
}

function torch(threads: number): Contestant {
  const sizes = JSON.stringify({ model: MODEL, settings: SETTINGS });
  return {
    title: "PyTorch",
    threads,
    isTorch: true,
    command: (
      file,
    ) => ["python3", pathOf("torch_worker.py"), file, sizes, `${threads}`],
  };
}

async function hasTorch(): Promise<boolean> {
  try {
    const { success } = await new Deno.Command("python3", {
      args: ["-c", "import torch"],
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function denoWorker(module: string, ...args: string[]): string[] {
  const flags = ["run", "--quiet", "--no-prompt", "--allow-all"];
  return [Deno.execPath(), ...flags, pathOf(module), ...args];
}

function pathOf(module: string): string {
  return fileURLToPath(new URL(module, import.meta.url));
}
