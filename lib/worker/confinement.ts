// What a step's process is held to on this machine: cores, GPUs, memory and time.

/** Limits of one step; null where there is none. */
export interface Confinement {
  /** Numbers of the cores that it may run on. */
  readonly cores: readonly number[] | null;
  /** Numbers of the GPUs that it sees. */
  readonly gpus: readonly number[] | null;
  readonly memoryBytes: number | null;
  readonly timeMs: number | null;
}

/** The command line that runs `command` on the given cores alone; it becomes that command, so that the process stays one. */
export function onCores(
  cores: readonly number[] | null,
  command: string,
  args: readonly string[],
): { readonly command: string; readonly args: string[] } {
  return cores === null
    ? { command, args: [...args] }
    : { command: "taskset", args: ["-c", cores.join(","), command, ...args] };
}

/** What makes native libraries see these GPUs alone. */
export function visibleGpus(
  gpus: readonly number[] | null,
): Record<string, string> {
  return gpus === null ? {} : { CUDA_VISIBLE_DEVICES: gpus.join(",") };
}

/** Numbers of the cores that this process may use; null where the system cannot tell, and so cannot hold a step to some of them. */
export async function ownCores(): Promise<number[] | null> {
  const text = await outputOf("taskset", ["-c", "-p", String(Deno.pid)]);
  const list = text === null ? undefined : /: *([\d,-]+)\s*$/.exec(text)?.[1];
  return list === undefined ? null : list.split(",").flatMap((part) => {
    const [from = 0, to = from] = part.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, at) => from + at);
  });
}

/** How many GPUs the driver lists; 0 where there is no driver. */
export async function ownGpus(): Promise<number> {
  const text = await outputOf("nvidia-smi", ["-L"]);
  return text === null
    ? 0
    : text.split("\n").filter((line) => /^GPU \d+:/.test(line)).length;
}

/** Bytes in memory of a process group; null where the system cannot tell. */
export async function groupMemory(group: number): Promise<number | null> {
  const text = await outputOf("ps", ["-A", "-o", "pgid=,rss="]);
  if (text === null) return null;
  return text.split("\n").reduce((sum, line) => {
    const [pgid, kib] = line.trim().split(/\s+/).map(Number);
    return pgid === group ? sum + (kib ?? 0) * 1024 : sum;
  }, 0);
}

async function outputOf(
  command: string,
  args: readonly string[],
): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command(command, {
      args: [...args],
      stdin: "null",
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout) : null;
  } catch {
    // The program is not there, or may not be run.
    return null;
  }
}
