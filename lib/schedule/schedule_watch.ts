// Keeps a daemon's schedules up to date with their files. An edit that does not pass the checks is told, and the schedules from
// before it stay in force.
import { dirname, join } from "node:path";
import type { Diagnostic } from "../source/diagnostic.ts";
import { Failure } from "../error/failure.ts";
import {
  chosenScheduleFiles,
  DEFAULT_SCHEDULES,
  loadSchedules,
} from "./load_schedules.ts";
import type { Schedule } from "./schedule.ts";

/** What a watch tells. */
export type WatchNotice =
  | { readonly kind: "reloaded"; readonly schedules: readonly Schedule[] }
  | { readonly kind: "refused"; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: "unreadable"; readonly failure: Failure };

/** The schedules of files that may change. */
export class ScheduleWatch {
  readonly #files: readonly string[];
  readonly #observe: (notice: WatchNotice) => void;
  #schedules: readonly Schedule[];
  #seen: string;

  /** `files` as a user names them, `schedules` as they were read from them just now. */
  static async begin(
    files: readonly string[],
    schedules: readonly Schedule[],
    observe: (notice: WatchNotice) => void,
  ): Promise<ScheduleWatch> {
    return new ScheduleWatch(files, schedules, observe, await lookAt(files));
  }

  private constructor(
    files: readonly string[],
    schedules: readonly Schedule[],
    observe: (notice: WatchNotice) => void,
    seen: string,
  ) {
    this.#files = files;
    this.#schedules = schedules;
    this.#observe = observe;
    this.#seen = seen;
  }

  /** The schedules that are in force now. */
  async current(): Promise<readonly Schedule[]> {
    try {
      const seen = await lookAt(this.#files);
      if (seen === this.#seen) return this.#schedules;
      this.#seen = seen;
      const chosen = await chosenScheduleFiles(this.#files);
      const loaded = await loadSchedules(chosen, Date.now());
      if (loaded.ok) {
        this.#schedules = loaded.value;
        this.#observe({ kind: "reloaded", schedules: loaded.value });
      } else {
        this.#observe({ kind: "refused", diagnostics: loaded.diagnostics });
      }
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      this.#observe({ kind: "unreadable", failure });
    }
    return this.#schedules;
  }
}

/** Changes whenever one of the files does; without named files, whenever one of the project's YAML files does. */
async function lookAt(files: readonly string[]): Promise<string> {
  const seen: string[] = [];
  for (const file of files.length > 0 ? files : await projectFiles()) {
    try {
      const { mtime, size } = await Deno.stat(file);
      seen.push(`${file} ${mtime?.getTime()} ${size}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      seen.push(`${file} missing`);
    }
  }
  return seen.join("\n");
}

async function projectFiles(): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const { name } of Deno.readDir(dirname(DEFAULT_SCHEDULES))) {
      if (/\.ya?ml$/i.test(name)) {
        found.push(join(dirname(DEFAULT_SCHEDULES), name));
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort();
}
