// request.json of a step folder: what the step was given, kept for explanations and for later readers of its weights.
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import { makeFolder } from "../disk/folder_entries.ts";
import { seal } from "../disk/sealed_record.ts";
import { StoredStateError } from "../error/failure.ts";
import { stepPaths } from "./store_layout.ts";
import { isRecord } from "../json/record.ts";
import { readSealedRecord } from "./stored_json.ts";
import { REQUEST_VERSION, type StepRequest } from "./step_request.ts";

/** What requests held before they carried a seal. */
const UNSEALED_KEYS = [
  ...["version", "pipeline", "run", "step", "task", "key", "work", "options"],
  ...["model", "data", "output", "seed", "datasets", "weight_files"],
  ...["folder", "inputs", "lock", "engine", "packageRoot", "plan"],
];

/** Makes the step folder where it is missing and writes its request.json. */
export async function writeStepRequest(request: StepRequest): Promise<void> {
  await makeFolder(request.folder);
  await writeJsonAtomically(stepPaths(request.folder).request, seal(request));
}

/**
 * The request of the step folder; null where there is none.
 *
 * @throws {StoredStateError} where it cannot be understood
 */
export async function readStepRequest(
  folder: string,
): Promise<StepRequest | null> {
  const path = stepPaths(folder).request;
  const record = await readSealedRecord(path, REQUEST_VERSION, UNSEALED_KEYS);
  if (record === null) return null;
  const isWhole = isRecord(record["work"]) && isRecord(record["options"]) &&
    isRecord(record["step"]) && typeof record["key"] === "string";
  if (!isWhole) {
    throw new StoredStateError(
      `Cannot read "${path}": it lacks fields of a request`,
    );
  }
  return record as unknown as StepRequest;
}
