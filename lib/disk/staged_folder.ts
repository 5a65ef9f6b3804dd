// A folder that is built under a temporary name and appears whole, by one rename.
import { dirname } from "node:path";
import { temporaryPath } from "./atomic_write.ts";
import {
  makeEntry,
  makeFolder,
  removeTree,
  renameEntry,
  syncFolder,
} from "./folder_entries.ts";
import { syncTree } from "./tree.ts";

/** Build in `path`, then publish; what is not published is removed when it is disposed. */
export class StagedFolder implements AsyncDisposable {
  readonly #target: string;
  #published = false;
  /** Where to write until the folder is published. */
  readonly path: string;

  /** Starts a folder that shall become `target`; the folders above it are made. */
  static async create(target: string): Promise<StagedFolder> {
    await makeFolder(dirname(target));
    const path = temporaryPath(target);
    await makeEntry(path);
    return new StagedFolder(target, path);
  }

  private constructor(target: string, path: string) {
    this.#target = target;
    this.path = path;
  }

  /**
   * Syncs everything inside, renames the folder to its target and syncs the folder above.
   *
   * @throws {Deno.errors.AlreadyExists} where the target exists: nothing is ever replaced.
   */
  async publish(): Promise<void> {
    if (await isThere(this.#target)) {
      throw new Deno.errors.AlreadyExists(
        `Cannot publish folder "${this.#target}": it already exists`,
      );
    }
    await syncTree(this.path);
    await renameEntry(this.path, this.#target);
    this.#published = true;
    await syncFolder(dirname(this.#target));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#published) await removeTree(this.path);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
