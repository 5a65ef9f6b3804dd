// Where the schedules of a folder of runs keep their records.
import { join } from "node:path";

/** Places of a folder of runs that belong to its schedules. */
export interface SchedulePaths {
  readonly folder: string;
  readonly history: string;
  readonly locks: string;
  readonly logs: string;
}

/** The places; the folder starts with a dot, which the name of a run cannot. */
export function schedulePaths(runsDir: string): SchedulePaths {
  const folder = join(runsDir, ".schedules");
  return {
    folder,
    history: join(folder, "history.sqlite"),
    locks: join(folder, "locks"),
    logs: join(folder, "logs"),
  };
}

/** The lock of whoever starts the ticks of a schedule. */
export function leadLock(paths: SchedulePaths, schedule: string): string {
  return join(paths.locks, `${schedule}.lead`);
}

/** The lock of the process that runs a tick. */
export function tickLock(paths: SchedulePaths, id: number): string {
  return join(paths.locks, `tick-${id}.lock`);
}

/** What the run of a tick printed. */
export function tickLog(
  paths: SchedulePaths,
  tick: { readonly schedule: string; readonly id: number },
): string {
  return join(paths.logs, tick.schedule, `${tick.id}.log`);
}
