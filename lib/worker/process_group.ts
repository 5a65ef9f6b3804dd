// A process with a group of its own: Ctrl-C reaches the runner alone, and the runner reaches everything that the process started.
import { isGranted } from "../disk/granted.ts";

/** Whether a process can be the leader of a group. */
export const HAS_GROUPS: boolean = Deno.build.os !== "windows";
// Deno makes a group by copying its own process first, which takes longer the more memory that has. This program, which every Linux
// has, does it in the new process and then becomes the command.
const GROUP_MAKER = "setsid";

let hasMaker = Deno.build.os === "linux";

/** Starts `command`, on systems with process groups as the leader of one. */
export function spawnGroup(
  command: string,
  options: Deno.CommandOptions & { readonly args: readonly string[] },
): Deno.ChildProcess {
  hasMaker &&= isGranted({ name: "run", command: GROUP_MAKER });
  if (hasMaker) {
    const args = [command, ...options.args];
    try {
      return new Deno.Command(GROUP_MAKER, { ...options, args }).spawn();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      hasMaker = false;
    }
  }
  const detached = HAS_GROUPS;
  return new Deno.Command(command, { ...options, detached }).spawn();
}

/** To the process and, where the system has groups, to all that it started. */
export function signalGroup(
  child: Deno.ChildProcess,
  signal: Deno.Signal,
): void {
  try {
    if (HAS_GROUPS) Deno.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    signalLeader(child, signal);
  }
}

/** There is no group yet, an instant after the start, or none any more. */
function signalLeader(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It ended in this very moment.
  }
}
