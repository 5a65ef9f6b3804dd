// resolved.json of a run: every value of the pipeline with its origin, kept because the file may change after the run.
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import { isRecord } from "../json/record.ts";
import { seal } from "../disk/sealed_record.ts";
import { readSealedRecord } from "./stored_json.ts";
import { runPaths } from "./store_layout.ts";

const RESOLVED_VERSION = 1;

/** One value of a pipeline; `path` is what `--set` takes. */
export interface StoredValue {
  readonly path: string;
  readonly value: unknown;
  /** A place in the file, `--set #n`, `default` or `derived`. */
  readonly origin: string;
}

/** Writes the values; the caller holds the run's lock and the run's folder exists. */
export async function writeResolvedRecord(
  runsDir: string,
  run: string,
  values: readonly StoredValue[],
): Promise<void> {
  await writeJsonAtomically(
    runPaths(runsDir, run).resolved,
    seal({ version: RESOLVED_VERSION, values }),
  );
}

/**
 * The values of a run; null for runs of versions that kept none.
 *
 * @throws {StoredStateError} where the file cannot be understood
 */
export async function readResolvedRecord(
  runsDir: string,
  run: string,
): Promise<readonly StoredValue[] | null> {
  const record = await readSealedRecord(
    runPaths(runsDir, run).resolved,
    RESOLVED_VERSION,
    ["version", "values"],
  );
  const values = record?.["values"];
  return Array.isArray(values) ? values.filter(isStoredValue) : null;
}

function isStoredValue(value: unknown): value is StoredValue {
  return isRecord(value) && typeof value["path"] === "string" &&
    typeof value["origin"] === "string";
}
