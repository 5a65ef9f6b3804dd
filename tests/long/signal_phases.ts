// A small pipeline that is told to stop in each of its phases, and how long it takes to be gone.
import { join } from "node:path";
import { CrashProject, outcomeOf } from "../crash/crash_project.ts";

/** A train step that evaluates, draws and saves, a user's task, and a train step on both. */
const STEPS = [
  "{ name: vae, train_vae: true, n_epochs: 30, eval_dataset: squares, eval_interval_epochs: 10, checkpoint: { interval_batches: 15 } }",
  "{ name: words, task: script, uses: count_words.ts }",
  "{ name: spade, needs: [vae, words], train_vae: true, train_spade: true, n_epochs: 4, init_from: vae }",
];

/** What a signal meets. */
export interface Phase {
  readonly name: string;
  /** Whether the run is there, by what it has printed and by what lies in its folder. */
  readonly isThere: (printed: string, runs: string) => boolean;
}

/** Phases in the order in which a run comes to them. */
export const PHASES: readonly Phase[] = [
  { name: "planning", isThere: (text) => text.includes('Run "crash"') },
  {
    name: "engine start, data scan",
    isThere: (text) => / vae: started/.test(text),
  },
  { name: "first batch", isThere: (text) => / vae: train /.test(text) },
  { name: "evaluation", isThere: (text) => / vae: evaluate /.test(text) },
  {
    name: "sampling",
    isThere: (_text, runs) => entriesOf(runs, "vae", "samples").length > 0,
  },
  {
    name: "checkpoint writing",
    isThere: (_text, runs) =>
      entriesOf(runs, "vae", "checkpoints").some((one) => one.endsWith(".tmp")),
  },
  { name: "training", isThere: (text) => / vae \| checkpoint /.test(text) },
  { name: "between steps", isThere: (text) => / vae: done/.test(text) },
  { name: "a user's task", isThere: (text) => / words: started/.test(text) },
];

/** Signals that stop a run, with the exit codes that tell of them. */
export const STOP_SIGNALS = { SIGTERM: 143, SIGINT: 130 } as const;

/** How a run left after a signal. */
export interface Leaving {
  readonly exitCode: number;
  /** Milliseconds from the signal to the exit. */
  readonly ms: number;
  readonly printed: string;
  /** Command lines of processes that are still there. */
  readonly left: readonly string[];
}

/** Opens the project of the phases, or of those that its first step has. */
export async function openPhases(isWhole = true): Promise<CrashProject> {
  return await CrashProject.open(isWhole ? STEPS : STEPS.slice(0, 1));
}

/** Starts a run in the folder `runs` and sends it the signal as soon as it is in the phase. */
export async function stopIn(
  project: CrashProject,
  runs: string,
  phase: Phase,
  signal: keyof typeof STOP_SIGNALS,
): Promise<Leaving> {
  const child = project.start(runs);
  let printed = "";
  const read = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const bytes of stream) printed += decoder.decode(bytes);
  };
  const reading = Promise.all([read(child.stdout), read(child.stderr)]);
  let isOver = false;
  child.status.then(() => isOver = true);
  while (!phase.isThere(printed, project.path(runs))) {
    if (isOver) throw new Error(`"${phase.name}" was never met: ${printed}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const start = performance.now();
  child.kill(signal);
  const { code: exitCode } = await child.status;
  const ms = performance.now() - start;
  await reading;
  return { exitCode, ms, printed, left: processesOf(project.root) };
}

/** Runs the same command to its end and answers what it made. */
export async function goOn(
  project: CrashProject,
  runs: string,
): Promise<Record<string, string>> {
  const { code, err } = await project.train(runs);
  if (code !== 0) throw new Error(`The rerun ended with ${code}: ${err}`);
  return await outcomeOf(project.path(runs));
}

/** Command lines of this machine's processes that name the folder; every step's does, in its permissions. */
function processesOf(folder: string): string[] {
  return [...Deno.readDirSync("/proc")].flatMap(({ name }) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const line = Deno.readTextFileSync(`/proc/${name}/cmdline`);
      return line.includes(folder) ? [line.replaceAll("\0", " ")] : [];
    } catch {
      // It ended while this looked.
      return [];
    }
  });
}

function entriesOf(runs: string, step: string, folder: string): string[] {
  try {
    const store = join(runs, "store");
    const found = [...Deno.readDirSync(store)].find(({ name, isDirectory }) =>
      isDirectory && name.startsWith(`${step}-`)
    );
    if (found === undefined) return [];
    return [...Deno.readDirSync(join(store, found.name, folder))]
      .map(({ name }) => name);
  } catch {
    // Not made yet.
    return [];
  }
}
