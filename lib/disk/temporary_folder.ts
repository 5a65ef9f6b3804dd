// A folder among the system's temporary files, for work that nobody keeps.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeEntry, removeTree } from "./folder_entries.ts";

/** An empty folder that is removed with all that is in it when it is disposed. */
export class TemporaryFolder implements AsyncDisposable {
  /** Absolute, and free of links. */
  readonly path: string;

  /** Makes one whose name begins with `prefix`. */
  static async create(prefix: string): Promise<TemporaryFolder> {
    const path = join(
      await Deno.realPath(tmpdir()),
      `${prefix}-${crypto.randomUUID()}`,
    );
    await makeEntry(path);
    return new TemporaryFolder(path);
  }

  private constructor(path: string) {
    this.path = path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeTree(this.path);
  }
}
