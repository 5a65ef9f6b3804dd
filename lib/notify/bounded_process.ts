// A process that has a longest time, whose output is kept up to a bound.
import { isGranted } from "../disk/granted.ts";
import { HAS_GROUPS, signalGroup } from "../worker/process_group.ts";

/** How to start it. */
export interface BoundedOptions {
  readonly args: readonly string[];
  readonly input?: string;
  readonly timeoutMs: number;
  /** Its whole environment, PATH and HOME of this process aside. */
  readonly env: Readonly<Record<string, string>>;
}

/** How it ended. */
export interface BoundedEnd {
  readonly code: number;
  readonly isLate: boolean;
  readonly out: string;
  readonly err: string;
}

const MOST_CHARACTERS = 4000;

/**
 * Runs a program to its end, or ends it and its process group after `timeoutMs`; what left the group with its output open is not waited
 * for. Throws what the system says where it cannot be started.
 */
export async function runBounded(
  program: string,
  { args, input, timeoutMs, env }: BoundedOptions,
): Promise<BoundedEnd> {
  const child = new Deno.Command(program, {
    args: [...args],
    clearEnv: true,
    env: { ...inherited(), ...env },
    // Not by `spawnGroup`, which would end with a code where the program cannot be started.
    detached: HAS_GROUPS,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const late = new AbortController();
  const timer = setTimeout(() => {
    signalGroup(child, "SIGKILL");
    late.abort();
  }, timeoutMs);
  try {
    const writer = child.stdin.getWriter();
    // A program that reads nothing may be gone before it is written to.
    const fed = writer.write(new TextEncoder().encode(input ?? ""))
      .then(() => writer.close()).catch(() => {});
    const [out, err, { code }] = await Promise.all([
      beginning(child.stdout, late.signal),
      beginning(child.stderr, late.signal),
      child.status,
      fed,
    ]);
    return { code, isLate: late.signal.aborted, out, err };
  } finally {
    clearTimeout(timer);
  }
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    ["PATH", "HOME", "DENO_DIR", "XDG_CACHE_HOME"].flatMap((name) => {
      const isOpen = isGranted({ name: "env", variable: name });
      const value = isOpen ? Deno.env.get(name) : undefined;
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** What the stream begins with, read until it ends or `over` is aborted. */
async function beginning(
  stream: ReadableStream<Uint8Array>,
  over: AbortSignal,
): Promise<string> {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  over.addEventListener("abort", () => {
    reader.cancel().catch(() => {});
  }, { once: true });
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text.slice(0, MOST_CHARACTERS);
    const more = decoder.decode(value, { stream: true });
    if (text.length < MOST_CHARACTERS) text += more;
  }
}
