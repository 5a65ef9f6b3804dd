// The processes of a run, found by a variable of their environment that every process hands on to those that it starts.

/** Name of the variable. */
export const MARK = "FLUXLINE_KILL_LOOP";

/** Who is killed: the runner, the process of a step with all that it started, or the runner and every process under it. */
export const VICTIMS = ["runner", "child", "both"] as const;

/** One of {@linkcode VICTIMS}. */
export type Victim = typeof VICTIMS[number];

/** Numbers of the live processes that carry `mark`, in ascending order. */
export function markedProcesses(mark: string): number[] {
  const wanted = `${MARK}=${mark}`;
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name))
    .filter((pid) => Number.isInteger(pid) && isMarked(pid, wanted))
    .sort((left, right) => left - right);
}

/**
 * Sends SIGKILL. The last of `runners` is the one at work; those before may still be closing their records. `place` on [0, 1)
 * chooses among several children. False where there is nobody to kill.
 */
export function strike(
  victim: Victim,
  mark: string,
  runners: readonly number[],
  place: number,
): boolean {
  const all = markedProcesses(mark);
  const children = all.filter((pid) => !runners.includes(pid));
  const chosen = victim === "runner"
    ? runners.slice(-1)
    : victim === "child"
    ? children.slice(Math.floor(place * children.length)).slice(0, 1)
    : all;
  return chosen.filter(kill).length > 0;
}

function isMarked(pid: number, wanted: string): boolean {
  try {
    const environment = Deno.readTextFileSync(`/proc/${pid}/environ`);
    // What has ended and waits for its parent to look has an empty environment.
    return environment.split("\0").includes(wanted);
  } catch {
    return false;
  }
}

function kill(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGKILL");
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
