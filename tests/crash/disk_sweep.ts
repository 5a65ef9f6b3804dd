// Lets the disk fail at one operation of a run, runs the same command again, and compares with the undisturbed run.
import { dirname, join } from "node:path";
import {
  DISK_EVENTS,
  type DiskEvent,
  type TracedOperation,
} from "../../lib/disk/disk_test.ts";
import { Permutation } from "../../lib/random/permutation.ts";
import type { Ended } from "../cli/cli_process.ts";
import { type CrashProject, outcomeOf } from "./crash_project.ts";
import { filesBelow } from "../disk/files_below.ts";

/** One disturbance. */
export interface SweepCase {
  /** Such as `runner:17`. */
  readonly at: string;
  readonly event: DiskEvent;
}

/** What the undisturbed run did. */
export interface CalmRun {
  readonly operations: readonly TracedOperation[];
  readonly outcome: Readonly<Record<string, string>>;
  /** Warnings about the pipeline, which every run of it begins with. */
  readonly said: string;
}

/** Runs the project once without a disturbance. */
export async function runCalm(project: CrashProject): Promise<CalmRun> {
  const trace = project.path("calm.trace");
  const { code, err } = await project.train("calm", {
    at: null,
    event: "kill",
    trace,
  });
  if (code !== 0) throw new Error(`The calm run ended with ${code}: ${err}`);
  return {
    operations: readTrace(trace),
    outcome: await outcomeOf(project.path("calm")),
    said: err,
  };
}

/** The operations of a trace file, in order. */
export function readTrace(trace: string): TracedOperation[] {
  return Deno.readTextFileSync(trace).trim().split("\n")
    .map((line) => JSON.parse(line) as TracedOperation);
}

/** Operations by process, in the order in which the processes first appear. */
export function countsOf(
  operations: readonly TracedOperation[],
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { point } of operations) {
    const process = point.slice(0, point.lastIndexOf(":"));
    counts.set(process, (counts.get(process) ?? 0) + 1);
  }
  return counts;
}

/** Every disturbance of every operation; only a write can be torn. */
export function everyCase(
  operations: readonly TracedOperation[],
  events: readonly DiskEvent[] = DISK_EVENTS,
): SweepCase[] {
  return events.flatMap((event) =>
    operations.filter(({ kind }) => event !== "torn" || kind === "write")
      .map(({ point }) => ({ at: point, event }))
  );
}

/** `count` of the cases, chosen by `seed`; the kinds of disturbance take turns, so that a small sample has a torn write too. */
export function sampleOf(
  cases: readonly SweepCase[],
  count: number,
  seed: number,
): SweepCase[] {
  const kinds = DISK_EVENTS.map((kind, index) => {
    const ofKind = cases.filter(({ event }) => event === kind);
    if (ofKind.length === 0) return [];
    const order = Permutation.of(ofKind.length, seed, index);
    return ofKind.map((_, at) => ofKind[order.at(at)]!);
  });
  const most = Math.max(...kinds.map((ofKind) => ofKind.length));
  return Array.from({ length: most })
    .flatMap((_, round) => kinds.flatMap((kind) => kind[round] ?? []))
    .slice(0, count);
}

/**
 * Runs one case in a runs folder of its own; null where all is as it must be, else what is wrong. What goes on is `again`: the same
 * command, or what the command calls, in this process.
 */
export async function tryCase(
  project: CrashProject,
  calm: CalmRun,
  one: SweepCase,
  again: "command" | "library" = "command",
): Promise<string | null> {
  const runs = `runs-${crypto.randomUUID()}`;
  const folder = project.path(runs);
  const trace = `${folder}.trace`;
  try {
    const first = await project.train(runs, { ...one, trace });
    const wrong = problemOfFirst(beyond(first, calm), one) ??
      (hasReached(trace, one.at) ? null : "the operation was never reached");
    if (wrong !== null) return wrong;
    if (one.event.startsWith("lost_")) loseTaskOutput(folder);
    const failed = again === "library"
      ? await project.goOn(runs)
      : problemOfRerun(beyond(await project.train(runs), calm));
    return failed ?? leftoverIn(folder) ??
      outcomeDifference(calm.outcome, await outcomeOf(folder));
  } finally {
    await removeAll(folder, trace);
  }
}

/** An end without what the undisturbed run said too. */
function beyond(ended: Ended, { said }: CalmRun): Ended {
  const { err } = ended;
  return err.startsWith(said)
    ? { ...ended, err: err.slice(said.length) }
    : ended;
}

/** A killed process says nothing; a refused operation is told in words, with an exit code that says so. */
function problemOfFirst(
  { code, err }: Ended,
  { at, event }: SweepCase,
): string | null {
  const told = `it ended with ${code}: ${err}`;
  if (event === "no_space" || event === "io_error") {
    // What only tells who holds a lock may fail without harm.
    if (code === 0 && err === "") return null;
    const isWorded = code === 4 && err.startsWith("error: ") &&
      !/\n {4}at /.test(err);
    return isWorded ? null : told;
  }
  const isRunnerGone = at.startsWith("runner:") || event.startsWith("lost_");
  return code === (isRunnerGone ? 137 : 4) ? null : told;
}

function problemOfRerun({ code, err }: Ended): string | null {
  return code === 0 && err === ""
    ? null
    : `the rerun ended with ${code}: ${err}`;
}

function hasReached(trace: string, at: string): boolean {
  return readTrace(trace).some(({ point }) => point === at);
}

/** A user's task writes past the layer: without a marker, nothing says that its files ever reached the disk. */
function loseTaskOutput(runs: string): void {
  for (const folder of stepFolders(runs)) {
    if (isThere(join(folder, "complete.json"))) continue;
    for (const path of presentFiles(join(folder, "output"))) {
      Deno.truncateSync(path, 0);
    }
  }
}

/** The path of a half-written file that nobody will finish; null where there is none. */
export function leftoverIn(runs: string): string | null {
  // These caches are every run's: their leftovers go once they are too old to be another run's work.
  const store = join(runs, "store");
  const shared = [runs, join(store, "dimensions"), join(store, "data")];
  const left = presentFiles(runs).find((path) =>
    path.endsWith(".tmp") && !shared.includes(dirname(path))
  );
  return left === undefined ? null : `"${left}" was left behind`;
}

/** Names of what has other bytes; null where all is equal. */
export function outcomeDifference(
  wanted: Readonly<Record<string, string>>,
  found: Readonly<Record<string, string>>,
): string | null {
  const names = new Set([...Object.keys(wanted), ...Object.keys(found)]);
  const other = [...names].filter((name) => wanted[name] !== found[name]);
  return other.length === 0 ? null : `other bytes: ${other.join(", ")}`;
}

/** Absolute folders in the store. */
export function stepFolders(runs: string): string[] {
  const store = join(runs, "store");
  if (!isThere(store)) return [];
  return [...Deno.readDirSync(store)].filter((entry) => entry.isDirectory)
    .map((entry) => join(store, entry.name));
}

/** A run that was stopped early has no such folder. */
function presentFiles(folder: string): string[] {
  return isThere(folder) ? filesBelow(folder) : [];
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function removeAll(...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    if (isThere(path)) await Deno.remove(path, { recursive: true });
  }
}
