// Shows others that somebody works on a matrix: between two of its cells no run of it is locked. It keeps nobody out, as two
// processes may share the cells of a matrix.
import { resolve } from "node:path";
import type { LeaseTiming } from "../disk/lease.ts";
import { matrixPaths } from "../matrix/matrix_record.ts";
import { acquireWorkLock, type WorkLock } from "../store/shared_folder.ts";

/** The presence of this process; `await using` ends it. */
export class MatrixPresence implements AsyncDisposable {
  readonly #path: string;
  readonly #sharing: LeaseTiming | null;
  #lock: Promise<WorkLock | null> = Promise.resolve(null);

  /** `sharing` says how leases are kept; null where one host works in the folder. */
  constructor(runsDir: string, name: string, sharing: LeaseTiming | null) {
    this.#path = matrixPaths(resolve(runsDir), name).lock;
    this.#sharing = sharing;
  }

  /** Takes the lock of the matrix unless it is there already, or another process shows itself: asked again before each cell. */
  async show(): Promise<void> {
    this.#lock = this.#lock.then((lock) => lock ?? this.#tryLock());
    await this.#lock;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#lock)?.[Symbol.asyncDispose]();
  }

  async #tryLock(): Promise<WorkLock | null> {
    const wait = { waitMs: 0 };
    const attempt = await acquireWorkLock(this.#path, this.#sharing, wait);
    return attempt.ok ? attempt.lock : null;
  }
}
