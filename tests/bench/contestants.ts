// Who takes part: every engine that is there, PyTorch where Python has it, and how each is started.
import { fileURLToPath } from "node:url";
import {
  ENGINE_NAMES,
  type EngineName,
  type EngineStart,
} from "../../lib/engine_setup/engine_choice.ts";
import { ANY_ENGINE, candidate } from "../../lib/engine_setup/engine_wish.ts";
import { WORKLOADS } from "./workload.ts";

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
  if (await pythonAgrees("True")) {
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

/** Who trains on the GPU: our shaders, tfjs's own, and PyTorch. `wantsSoftware`: a GPU that software imitates will do. */
export async function findGpuContestants(
  wantsSoftware: boolean,
): Promise<Field> {
  const reason = await missing("webgpu", wantsSoftware);
  const found = candidate("webgpu", { ...ANY_ENGINE, name: "webgpu" });
  if (reason !== null || found.kind !== "possible") {
    return { contestants: [], absent: [`webgpu: ${reason}`] };
  }
  const ours = engine(found.choice);
  const theirs: Contestant = {
    ...ours,
    title: "webgpu, tfjs's kernels",
    command: (file) =>
      denoWorker(
        "engine_worker.ts",
        JSON.stringify(found.choice),
        file,
        "plain",
      ),
  };
  const hasCuda = await pythonAgrees("torch.cuda.is_available()");
  return {
    contestants: [ours, theirs, ...hasCuda ? [torch(null)] : []],
    absent: hasCuda ? [] : ["PyTorch: Python has none that finds a GPU"],
  };
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

/** `threads` null: on the GPU. */
function torch(threads: number | null): Contestant {
  const sizes = JSON.stringify(WORKLOADS);
  return {
    title: "PyTorch",
    threads,
    isTorch: true,
    command: (
      file,
    ) => [
      ...["python3", pathOf("torch_worker.py"), file, sizes],
      threads === null ? "cuda" : `${threads}`,
    ],
  };
}

/** Whether Python has torch, and a condition holds there. */
async function pythonAgrees(condition: string): Promise<boolean> {
  try {
    const { success } = await new Deno.Command("python3", {
      args: ["-c", `import sys, torch; sys.exit(not ${condition})`],
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
