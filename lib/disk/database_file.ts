// A file of SQLite that belongs to fluxline: opened with its tables, told from files that are none, and changed in transactions.
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { makeFolder } from "./folder_entries.ts";

const BUSY_MS = 20_000;

/** What a database has to be. */
export interface DatabaseShape {
  /** Kept in the file; another one is refused. */
  readonly version: number;
  /** Statements that make what is missing. */
  readonly tables: string;
  /** Whether a change is on disk when it returns; otherwise a power cut may undo the last ones. */
  readonly isDurable: boolean;
}

/** Why a file cannot be used: it holds another version, or is no database. */
export class DatabaseRefusal extends Error {
  override readonly name = "DatabaseRefusal";
}

/** A value in a row. */
export type DatabaseValue = string | number | null;

/** An open database. */
export class DatabaseFile implements Disposable {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /**
   * Opens the file, and makes it where it is missing; null keeps everything in memory.
   *
   * @throws {DatabaseRefusal} where the file is no database of this shape
   */
  static async open(
    path: string | null,
    shape: DatabaseShape,
  ): Promise<DatabaseFile> {
    if (path !== null) await makeFolder(dirname(path));
    let database: DatabaseSync | null = null;
    try {
      database = new DatabaseSync(path ?? ":memory:", { timeout: BUSY_MS });
      // The mode cannot be set while another process opens the file for the first time.
      await retryBusy(() => database?.exec("PRAGMA journal_mode = WAL"));
      database.exec(
        `PRAGMA synchronous = ${shape.isDurable ? "FULL" : "NORMAL"}`,
      );
      const file = new DatabaseFile(database);
      file.write(() => file.#makeTables(shape));
      return file;
    } catch (error) {
      database?.close();
      if (error instanceof DatabaseRefusal) throw error;
      const text = error instanceof Error ? error.message : String(error);
      throw new DatabaseRefusal(text, { cause: error });
    }
  }

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Rows of a query. */
  rows(
    sql: string,
    ...values: readonly DatabaseValue[]
  ): Record<string, unknown>[] {
    return this.#statement(sql).all(...values);
  }

  /** Runs a statement that changes rows. */
  run(sql: string, ...values: readonly DatabaseValue[]): void {
    this.#statement(sql).run(...values);
  }

  /** Runs `change` as one transaction: all of it happens, or nothing. */
  write<T>(change: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = change();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, known);
    return known;
  }

  #makeTables({ version, tables }: DatabaseShape): void {
    const found = Number(this.rows("PRAGMA user_version")[0]?.["user_version"]);
    if (found !== 0 && found !== version) {
      throw new DatabaseRefusal(
        `it has version ${found}, wanted ${version}`,
      );
    }
    this.#database.exec(tables);
    if (found === 0) this.#database.exec(`PRAGMA user_version = ${version}`);
  }
}

async function retryBusy(attempt: () => void): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      return attempt();
    } catch (error) {
      const isBusy = error instanceof Error &&
        /locked|busy/i.test(error.message);
      if (!isBusy || tries >= 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
