// A schedules file and a folder of runs for the real command line, and what its history says.
import assert from "node:assert/strict";
import { join } from "node:path";
import { tickToJson } from "../../lib/cli/schedule_view.ts";
import { TickHistory } from "../../lib/schedule/history.ts";
import { schedulePaths } from "../../lib/schedule/schedule_paths.ts";
import { type Ended, ROOT, runCli, startCli } from "../cli/cli_process.ts";

/** A pipeline of one short script step. */
export const TICK = `${ROOT}/tests/fixtures/schedules/tick.yaml`;

/** A tick as `schedule history --json` prints it. */
export interface ShownTick {
  readonly id: number;
  readonly schedule: string;
  readonly due: string;
  readonly by: string;
  readonly state: string;
  readonly reason: string | null;
  readonly attempts: number;
  readonly started: string | null;
  readonly finished: string | null;
  readonly exit_code: number | null;
  readonly run: string | null;
}

/** A folder with one schedules file; `await using` removes it. */
export class ScheduleProject implements AsyncDisposable {
  readonly folder: string;
  readonly file: string;
  readonly runs: string;

  static async create(text: string): Promise<ScheduleProject> {
    const project = new ScheduleProject(await Deno.makeTempDir());
    await project.write(text);
    return project;
  }

  private constructor(folder: string) {
    this.folder = folder;
    this.file = join(folder, "schedules.yaml");
    this.runs = join(folder, "runs");
  }

  async write(text: string): Promise<void> {
    await Deno.writeTextFile(this.file, text);
  }

  args(...words: string[]): string[] {
    return ["schedule", ...words, "--file", this.file, "--runs", this.runs];
  }

  start(...words: string[]): Deno.ChildProcess {
    return startCli(this.args(...words));
  }

  run(...words: string[]): Promise<Ended> {
    return runCli(this.args(...words));
  }

  /** The newest ticks, oldest first, as `schedule history --json` shows them; read without a process, for tests that look often. */
  async history(): Promise<ShownTick[]> {
    using history = await TickHistory.open(schedulePaths(this.runs).history);
    const ticks = history.newest(null, 64).map(tickToJson);
    return (JSON.parse(JSON.stringify(ticks)) as ShownTick[]).reverse();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Milliseconds of a time of a tick. */
export function ms(time: string | null): number {
  assert(time !== null);
  return Date.parse(time);
}
