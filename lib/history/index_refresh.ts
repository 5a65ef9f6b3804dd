// Brings the tables of the index up to date with the folders: reads the runs whose records changed, and forgets those that are gone.
import {
  type DatabaseFile,
  DatabaseRefusal,
  type DatabaseShape,
} from "../disk/database_file.ts";
import { folderNames, statOrNull } from "../disk/present_entries.ts";
import { isRecord } from "../json/record.ts";
import { isRunName } from "../store/run_record.ts";
import { storeLayout } from "../store/store_layout.ts";
import {
  type EntryStep,
  type ReadRun,
  type RunEntry,
  RunReader,
} from "./run_entry.ts";

/** The tables of the index. */
export const INDEX_SHAPE: DatabaseShape = {
  version: 1,
  isDurable: false,
  tables: `
CREATE TABLE IF NOT EXISTS runs (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  stamp TEXT NOT NULL,
  entry TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS fields (
  id INTEGER PRIMARY KEY,
  step TEXT NOT NULL,
  name TEXT NOT NULL,
  UNIQUE (step, name)
) STRICT;
CREATE TABLE IF NOT EXISTS field_values (
  field INTEGER NOT NULL,
  run INTEGER NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (field, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS values_by_run ON field_values (run);
CREATE TABLE IF NOT EXISTS looks (
  place TEXT PRIMARY KEY,
  stamp TEXT NOT NULL
) STRICT;
`,
};

/** A run with the number that its values go by. */
export interface IndexedRun extends RunEntry {
  readonly id: number;
}

/** Reads what changed in the folders, and writes it down in one transaction. */
export async function refreshRuns(
  file: DatabaseFile,
  runsDir: string,
): Promise<IndexedRun[]> {
  const reader = new RunReader(runsDir);
  const store = storeStamp(runsDir);
  const [look] = file.rows("SELECT stamp FROM looks WHERE place = 'store'");
  const isStoreSame = store !== "" && look?.["stamp"] === store;
  const known = new Map(
    file.rows("SELECT id, name, stamp, entry FROM runs").map((row) => [
      String(row["name"]),
      {
        stamp: String(row["stamp"]),
        run: { ...entryOf(row), id: Number(row["id"]) },
      },
    ]),
  );
  const isSameStep = (step: EntryStep) =>
    // Nothing in the store got or lost a name: a marker that was there is there, and others appear where they are expected.
    isStoreSame
      ? step.isDone || reader.markerStamp(step.folder) === step.stamp
      : reader.markerStamp(reader.folderOf(step)) === step.stamp;
  const runs: IndexedRun[] = [];
  const changed: { readonly stamp: string; readonly read: ReadRun }[] = [];
  for (const run of folderNames(runsDir).filter(isRunName)) {
    const stamp = reader.runStamp(run);
    if (stamp === "") continue;
    const before = known.get(run);
    known.delete(run);
    const isSame = before?.stamp === stamp &&
      before.run.steps.every(isSameStep);
    if (isSame) runs.push(before.run);
    else changed.push({ stamp, read: await reader.read(run) });
  }
  if (changed.length + known.size === 0 && isStoreSame) return runs;
  file.write(() => {
    for (const gone of known.keys()) forget(file, gone);
    const fields = new FieldNumbers(file);
    for (const { stamp, read } of changed) {
      runs.push({ ...read.entry, id: keep(file, fields, stamp, read) });
    }
    file.run(
      "INSERT OR REPLACE INTO looks (place, stamp) VALUES ('store', ?)",
      store,
    );
  });
  return runs;
}

/** A folder that changed this short a time ago may change again within the same tick of its clock. */
const RACY_MS = 2000;

/** Tells whether a name in the store has changed since; empty where that cannot be told. */
function storeStamp(runsDir: string): string {
  const found = statOrNull(storeLayout(runsDir).store);
  const changedMs = found?.mtime?.getTime() ?? Infinity;
  return Date.now() - changedMs < RACY_MS
    ? ""
    : `${found?.ino ?? ""}:${changedMs}`;
}

/** The numbers of fields; one that is new gets the next. */
class FieldNumbers {
  readonly #file: DatabaseFile;
  readonly #known = new Map<string, number>();

  constructor(file: DatabaseFile) {
    this.#file = file;
    for (const { id, step, name } of file.rows("SELECT * FROM fields")) {
      this.#known.set(JSON.stringify([step, name]), Number(id));
    }
  }

  of(step: string, name: string): number {
    const place = JSON.stringify([step, name]);
    const known = this.#known.get(place);
    if (known !== undefined) return known;
    const [row] = this.#file.rows(
      "INSERT INTO fields (step, name) VALUES (?, ?) RETURNING id",
      ...[step, name],
    );
    const id = Number(row?.["id"]);
    this.#known.set(place, id);
    return id;
  }
}

function keep(
  file: DatabaseFile,
  fields: FieldNumbers,
  stamp: string,
  read: ReadRun,
): number {
  forget(file, read.entry.run);
  const [row] = file.rows(
    "INSERT INTO runs (name, stamp, entry) VALUES (?, ?, ?) RETURNING id",
    ...[read.entry.run, stamp, JSON.stringify(read.entry)],
  );
  const id = Number(row?.["id"]);
  const values = [
    ...read.metrics.map(({ step, metric, value }) =>
      [step, metric, value] as const
    ),
    ...read.options.map(({ path, value }) => ["", path, value] as const),
  ];
  for (const [step, name, value] of values) {
    file.run(
      "INSERT OR REPLACE INTO field_values (field, run, value) VALUES (?, ?, ?)",
      ...[fields.of(step, name), id, JSON.stringify(value ?? null)],
    );
  }
  return id;
}

function forget(file: DatabaseFile, run: string): void {
  file.run(
    "DELETE FROM field_values WHERE run IN (SELECT id FROM runs WHERE name = ?)",
    run,
  );
  file.run("DELETE FROM runs WHERE name = ?", run);
}

/**
 * The entry of a row.
 *
 * @throws {DatabaseRefusal} where it is none: whoever reads it would fall over what it lacks
 */
function entryOf(row: Readonly<Record<string, unknown>>): RunEntry {
  const entry = parsed(String(row["entry"]));
  const isWhole = isRecord(entry) && entry["run"] === row["name"] &&
    Array.isArray(entry["steps"]) && entry["steps"].every(isRecord);
  if (!isWhole) throw new DatabaseRefusal("a record in it is none of a run");
  return entry as unknown as RunEntry;
}

/**
 * The value of a record.
 *
 * @throws {DatabaseRefusal} where it is not as it was written
 */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DatabaseRefusal("a record in it is no JSON", { cause });
  }
}
