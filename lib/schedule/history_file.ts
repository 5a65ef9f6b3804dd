// The SQLite file behind the history of ticks. Every change is one transaction that is on disk when it returns, and SQLite's
// locks keep several processes of one machine apart; like the locks of runs they need a local disk.
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { makeFolder } from "../disk/folder_entries.ts";
import { StoredStateError } from "../error/failure.ts";

const VERSION = 1;
const BUSY_MS = 20_000;

const TABLES = `
CREATE TABLE IF NOT EXISTS schedules (
  name TEXT PRIMARY KEY,
  rhythm TEXT NOT NULL,
  looked_ms INTEGER NOT NULL,
  is_paused INTEGER NOT NULL DEFAULT 0,
  ticks INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS ticks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  schedule TEXT NOT NULL,
  due_ms INTEGER NOT NULL,
  start_ms INTEGER NOT NULL,
  origin TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  stop_reason TEXT,
  is_catch_up INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  pid INTEGER,
  started_ms INTEGER,
  finished_ms INTEGER,
  exit_code INTEGER,
  run TEXT,
  work TEXT NOT NULL,
  UNIQUE (schedule, due_ms, origin)
) STRICT;
CREATE INDEX IF NOT EXISTS ticks_by_state ON ticks (schedule, state);
`;

/** An open history file. */
export class HistoryFile implements Disposable {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /**
   * Opens the file, and makes it where it is missing.
   *
   * @throws {StoredStateError} where it is no history of this version
   */
  static async open(path: string): Promise<HistoryFile> {
    await makeFolder(dirname(path));
    let database: DatabaseSync | null = null;
    try {
      database = new DatabaseSync(path, { timeout: BUSY_MS });
      // The mode cannot be set while another process opens the file for the first time.
      await retryBusy(() => database?.exec("PRAGMA journal_mode = WAL"));
      database.exec("PRAGMA synchronous = FULL");
      const file = new HistoryFile(database);
      file.write(() => file.#makeTables(path));
      return file;
    } catch (error) {
      database?.close();
      if (error instanceof StoredStateError) throw error;
      const text = error instanceof Error ? error.message : String(error);
      throw new StoredStateError(
        `Cannot open the history of schedules "${path}": ${text}`,
        {
          cause: error,
          hint:
            "Move the file away to begin a new history; runs are found again by their names",
        },
      );
    }
  }

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Rows of a query. */
  rows(
    sql: string,
    ...values: readonly (string | number | null)[]
  ): Record<string, unknown>[] {
    return this.#statement(sql).all(...values);
  }

  /** Runs a statement that changes rows. */
  run(sql: string, ...values: readonly (string | number | null)[]): void {
    this.#statement(sql).run(...values);
  }

  /** Runs `change` as one transaction: all of it happens, durably, or nothing. */
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

  #makeTables(path: string): void {
    const version = Number(
      this.rows("PRAGMA user_version")[0]?.["user_version"],
    );
    if (version !== 0 && version !== VERSION) {
      throw new StoredStateError(
        `Cannot open the history of schedules "${path}": it has version ${version}, wanted ${VERSION}`,
        { hint: "Use the fluxline that wrote it, or move the file away" },
      );
    }
    this.#database.exec(TABLES);
    if (version === 0) this.#database.exec(`PRAGMA user_version = ${VERSION}`);
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
