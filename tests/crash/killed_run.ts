// What must hold of a folder of runs whose processes are killed: between the kills, and when a run has come to its end.
import { basename, join } from "node:path";
import { digestFile } from "../../lib/disk/digest.ts";
import { FileLock } from "../../lib/disk/file_lock.ts";
import { readMarker } from "../../lib/store/marker.ts";
import { until } from "../cli/cli_process.ts";
import { outcomeOf } from "./crash_project.ts";
import { leftoverIn, outcomeDifference, stepFolders } from "./disk_sweep.ts";
import { markedProcesses } from "./marked_processes.ts";

/** One folder of runs and what was seen in it. */
export class KilledRun {
  /** Absolute. */
  readonly folder: string;
  readonly #mark: string;
  /** Digests of the markers that were seen, by path. */
  readonly #markers = new Map<string, string>();

  /** `mark` is what its processes carry. */
  constructor(folder: string, mark: string) {
    this.folder = folder;
    this.#mark = mark;
  }

  /**
   * Markers stay and hold what they vouch for; a checkpoint is of one generation.
   *
   * @throws {Error} where that is not so
   */
  async lookBetween(): Promise<{ hasMarker: boolean; hasCheckpoint: boolean }> {
    let hasCheckpoint = false;
    for (const folder of stepFolders(this.folder)) {
      const name = basename(folder);
      const marker = join(folder, "complete.json");
      const found = await readMarker(folder, { deep: true });
      if (found.kind === "damaged") {
        throw new Error(`The marker of ${name} lies: ${found.reason}`);
      }
      if (found.kind === "complete") {
        const { sha256 } = await digestFile(marker);
        const before = this.#markers.get(marker) ?? sha256;
        if (before !== sha256) throw new Error(`${name} was finished twice`);
        this.#markers.set(marker, sha256);
        continue;
      }
      if (this.#markers.has(marker)) {
        throw new Error(`The marker of ${name} is lost`);
      }
      if (await hasWholeCheckpoint(folder)) hasCheckpoint = true;
    }
    return { hasMarker: this.#markers.size > 0, hasCheckpoint };
  }

  /**
   * Nobody works any more, no lock is held, nothing half-written lies about, and the bytes are those of `calm`.
   *
   * @throws {Error} where that is not so
   */
  async lookAtEnd(calm: Readonly<Record<string, string>>): Promise<void> {
    await this.lookBetween();
    const isQuiet = () => markedProcesses(this.#mark).length === 0;
    await until(isQuiet, "processes that outlive their run");
    for (const path of locksIn(this.folder)) {
      const { kind } = await FileLock.inspect(path);
      if (kind !== "free") throw new Error(`"${path}" is still held`);
    }
    const wrong = leftoverIn(this.folder) ??
      outcomeDifference(calm, await outcomeOf(this.folder));
    if (wrong !== null) throw new Error(wrong);
  }
}

/** Whether there is a checkpoint, all of whose files are of the generation that checkpoint.json names. */
async function hasWholeCheckpoint(folder: string): Promise<boolean> {
  const record = join(folder, "checkpoint.json");
  // A step that outlives its runner goes on writing: then what was read is looked up again.
  for (;;) {
    const text = await textOf(record);
    if (text === null) return false;
    const wrong = await mixedFile(folder, text);
    if (wrong === null) return true;
    if (await textOf(record) === text) {
      throw new Error(
        `The checkpoint of ${basename(folder)} is mixed: ${wrong}`,
      );
    }
  }
}

async function mixedFile(folder: string, text: string): Promise<string | null> {
  const { current } = JSON.parse(text);
  for (const { path, sha256 } of current.files) {
    const place = join(folder, current.folder, path);
    const found = await digestFile(place).catch(() => null);
    if (found?.sha256 !== sha256) return place;
  }
  return null;
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function locksIn(runs: string): string[] {
  return [runs, join(runs, "store")].flatMap((folder) =>
    [...Deno.readDirSync(folder)].map(({ name }) => name)
      .filter((name) => /\.(lock|runner)$/.test(name))
      .map((name) => join(folder, name))
  );
}
