// The real command line in a process of its own.
import { fileURLToPath } from "node:url";

/** Folder of the repository; tests run the command line from here. */
export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url))
  .replace(/\/$/, "");

/** A pipeline of three script steps. */
export const SCRIPTS = "tests/fixtures/pipelines/scripts.yaml";

/** What a process left behind. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** How to start the command line. */
export interface CliOptions {
  /** Permission flags; everything by default. */
  readonly permissions?: readonly string[];
  readonly cwd?: string;
  /** Set beside, or in place of, what every process gets. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts `cli.ts` without a terminal. */
export function startCli(
  args: readonly string[],
  options: CliOptions = {},
): Deno.ChildProcess {
  // Modules are loaded when they are needed, as by the tasks of deno.json that only look: a quarter of the start.
  const permissions = options.permissions ??
    ["-A", "--unstable-lazy-dynamic-imports"];
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...permissions, `${ROOT}/cli.ts`, ...args],
    cwd: options.cwd ?? ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    // Whether this machine has a native library must not change what the tests see.
    env: {
      NO_COLOR: "1",
      FLUXLINE_CACHE: `${ROOT}/runs/no-cache`,
      ...options.env,
    },
  }).spawn();
}

/** Runs `cli.ts` to its end. */
export async function runCli(
  args: readonly string[],
  options: CliOptions = {},
): Promise<Ended> {
  return await finish(startCli(args, options));
}

/** Waits for a started process. */
export async function finish(child: Deno.ChildProcess): Promise<Ended> {
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** Runs `train` on the script pipeline with its runs in `runs`; `act` are the options of its last step. */
export function trainArgs(
  runs: string,
  act: Readonly<Record<string, unknown>> = {},
  ...more: string[]
): string[] {
  const path = "training.pipeline.steps.act.with";
  return [
    "train",
    SCRIPTS,
    "--runs",
    runs,
    "--set",
    `${path}=${JSON.stringify(act)}`,
    ...more,
  ];
}

/** Text without what differs from run to run: places, keys, times, and the widths of columns that hold them. */
export function steady(text: string, runs: string): string {
  return text
    .replaceAll(runs, "RUNS")
    .replaceAll(ROOT, "ROOT")
    .replaceAll(/-[0-9a-f]{16}\b/g, "-KEY")
    .replaceAll(/\b\d+(\.\d+)? (ms|s|min)\b/g, "TIME")
    .replaceAll(/\bprocess \d+ on host "[^"]*" since \S+Z/g, "PROCESS")
    .replaceAll(/ {2,}/g, "  ");
}

/** Waits until `isThere` answers true. */
export async function until(
  isThere: () => boolean | Promise<boolean>,
  what: string,
  waitMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + waitMs;
  while (!(await isThere())) {
    if (performance.now() > deadline) throw new Error(`Still waiting: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Process number of the step that holds the lock of the step folder whose name starts with `label`; null while nobody does. */
export function stepPid(runs: string, label: string): number | null {
  try {
    for (const entry of Deno.readDirSync(`${runs}/store`)) {
      const isLock = entry.name.startsWith(`${label}-`) &&
        entry.name.endsWith(".lock");
      if (!isLock) continue;
      const text = Deno.readTextFileSync(`${runs}/store/${entry.name}`);
      const log = `${runs}/store/${entry.name.replace(/\.lock$/, "")}/attempts`;
      // The runner holds the lock too, for a moment before the start.
      if (text === "" || [...Deno.readDirSync(log)].length === 0) continue;
      return (JSON.parse(text) as { pid: number }).pid;
    }
  } catch {
    // Not there yet, or just being written.
  }
  return null;
}
