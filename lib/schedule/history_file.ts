// The SQLite file behind the history of ticks. Every change is one transaction that is on disk when it returns, and SQLite's
// locks keep several processes of one machine apart; like the locks of runs they need a local disk.
import { DatabaseFile, DatabaseRefusal } from "../disk/database_file.ts";
import { StoredStateError } from "../error/failure.ts";

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

/**
 * Opens the file, and makes it where it is missing.
 *
 * @throws {StoredStateError} where it is no history of this version
 */
export async function openHistoryFile(path: string): Promise<DatabaseFile> {
  try {
    return await DatabaseFile.open(path, {
      version: 1,
      tables: TABLES,
      isDurable: true,
    });
  } catch (error) {
    if (!(error instanceof DatabaseRefusal)) throw error;
    throw new StoredStateError(
      `Cannot open the history of schedules "${path}": ${error.message}`,
      {
        cause: error,
        hint:
          "Move the file away to begin a new history; runs are found again by their names",
      },
    );
  }
}
