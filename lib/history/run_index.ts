// The index of all runs, in SQLite: it is read from the folders, which are the truth, and only what changed is read again. A file
// that is missing, damaged or of another version is made anew.
import { DatabaseFile, DatabaseRefusal } from "../disk/database_file.ts";
import { removeEntry } from "../disk/folder_entries.ts";
import { isAbsence } from "../disk/present_entries.ts";
import { storeLayout } from "../store/store_layout.ts";
import {
  INDEX_SHAPE,
  type IndexedRun,
  parsed,
  refreshRuns,
} from "./index_refresh.ts";

/** A name that runs have values for: a metric of a step, or an option, whose step is empty and whose name is its path. */
export interface IndexField {
  readonly id: number;
  readonly step: string;
  readonly name: string;
}

/** How an index is opened. */
export interface IndexOptions {
  /** Keep the index in its file; otherwise it is made in memory, as a process must that may not write. */
  readonly isKept: boolean;
  /** Make it anew although nothing is wrong with it. */
  readonly isAnew?: boolean;
}

/** What was made of an index, and whether its file had to be made anew. */
export interface IndexAnswer<T> {
  readonly value: T;
  /** What was wrong with the file; null where it was sound or not there. */
  readonly damage: string | null;
}

/**
 * Brings the index up to date and asks it. Where the file turns out to be damaged, it is made anew and asked again; where it cannot
 * be kept at all, the index is made in memory: the folders are always enough for an answer.
 */
export async function askIndex<T>(
  runsDir: string,
  { isKept, isAnew = false }: IndexOptions,
  ask: (index: RunIndex) => T,
): Promise<IndexAnswer<T>> {
  const path = storeLayout(runsDir).runIndex;
  let damage: string | null = null;
  for (let attempt = isAnew ? 1 : 0; isKept && attempt < 2; attempt++) {
    try {
      if (attempt === 1) await removeDatabase(path);
      using index = await RunIndex.open(path, runsDir);
      return { value: ask(index), damage };
    } catch (error) {
      if (!isDamage(error)) throw error;
      damage ??= error.message;
    }
  }
  using index = await RunIndex.open(null, runsDir);
  return { value: ask(index), damage };
}

/** An open index that agrees with the folders. */
export class RunIndex implements Disposable {
  readonly #file: DatabaseFile;
  readonly #runsDir: string;
  #runs: readonly IndexedRun[];

  /**
   * Opens the index at `path`, or makes one in memory where that is null, and reads what changed in the folders since.
   *
   * @throws {DatabaseRefusal} where the file is no sound index
   */
  static async open(path: string | null, runsDir: string): Promise<RunIndex> {
    const file = await DatabaseFile.open(path, INDEX_SHAPE);
    try {
      return new RunIndex(file, runsDir, await refreshRuns(file, runsDir));
    } catch (error) {
      file[Symbol.dispose]();
      throw error;
    }
  }

  private constructor(
    file: DatabaseFile,
    runsDir: string,
    runs: readonly IndexedRun[],
  ) {
    this.#file = file;
    this.#runsDir = runsDir;
    this.#runs = runs;
  }

  /** All runs, in no order. */
  get runs(): readonly IndexedRun[] {
    return this.#runs;
  }

  /** Reads what changed in the folders since the index was opened or refreshed. */
  async refresh(): Promise<void> {
    this.#runs = await refreshRuns(this.#file, this.#runsDir);
  }

  /** Every metric of a run, in no order. */
  metricsOf(run: number): { step: string; metric: string; value: number }[] {
    return this.#file.rows(
      `SELECT step, name, value FROM field_values JOIN fields ON fields.id = field
       WHERE run = ? AND step <> ''`,
      run,
    ).map((row) => ({
      step: String(row["step"]),
      metric: String(row["name"]),
      value: Number(row["value"]),
    }));
  }

  /** Every metric and every option that some run has. */
  fields(): IndexField[] {
    return this.#file.rows(
      `SELECT id, step, name FROM fields
       WHERE EXISTS (SELECT 1 FROM field_values WHERE field = fields.id) ORDER BY step, name`,
    ).map((row) => ({
      id: Number(row["id"]),
      step: String(row["step"]),
      name: String(row["name"]),
    }));
  }

  /** The values of a field, by the number of the run. */
  valuesOf(field: number): Map<number, unknown> {
    return new Map(
      this.#file.rows(
        "SELECT run, value FROM field_values WHERE field = ?",
        field,
      ).map((row) => [Number(row["run"]), parsed(String(row["value"]))]),
    );
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/** What SQLite says of a file that is none, that is torn, or that it may not write. */
function isDamage(error: unknown): error is Error {
  return error instanceof DatabaseRefusal ||
    (error instanceof Error && "code" in error &&
      error.code === "ERR_SQLITE_ERROR");
}

async function removeDatabase(path: string): Promise<void> {
  for (const part of [path, `${path}-wal`, `${path}-shm`]) {
    try {
      await removeEntry(part);
    } catch (error) {
      if (isAbsence(error)) continue;
      // Whatever is in its place, and whoever may not remove it: the index is then made in memory.
      throw new DatabaseRefusal(String(error), { cause: error });
    }
  }
}
