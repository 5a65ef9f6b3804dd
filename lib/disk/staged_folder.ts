// A folder that is built under a temporary name and appears whole, by one rename.
import { dirname } from "node:path";
import { EXIT_CODE } from "../error/exit_code.ts";
import { Failure } from "../error/failure.ts";
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

  /**
   * Starts a folder that shall become `target`; the folders above it are made.
   *
   * @throws {Failure} with exit code 4 where the file system lets nobody make them
   */
  static async create(target: string): Promise<StagedFolder> {
    const path = temporaryPath(target);
    try {
      await makeFolder(dirname(target));
      await makeEntry(path);
    } catch (error) {
      throw unmade(target, error);
    }
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

/** The answer of the file system with the name that was asked for; any other error as it is. */
function unmade(target: string, error: unknown): unknown {
  const [, answer] = error instanceof Error
    ? UNMADE.exec(error.message) ?? []
    : [];
  if (answer === undefined) return error;
  return new Failure(
    EXIT_CODE.stepFailed,
    `Cannot make folder "${target}": the file system answers "${answer}"`,
    {
      hint: "Name a folder in a place where you may write, then try again",
      cause: error,
    },
  );
}

// EPERM, ENOENT (as below /proc), EACCES, ENOTDIR, EROFS, ENAMETOOLONG and ELOOP.
const UNMADE = /^(.* \(os error (?:1|2|13|20|30|36|40)\)): mkdir /;

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
