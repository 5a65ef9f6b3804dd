// What a generation, a manifest and a state must look like before anything in them is used: a right seal tells that nothing was
// damaged, not who wrote it, and paths in them must not lead out of the step folder.
import { StoredStateError } from "../error/failure.ts";
import { isRecord } from "../json/record.ts";
import { isCount, isListOf, isText } from "../json/value_shapes.ts";
import type { CheckpointManifest } from "./checkpoint_manifest.ts";
import type { CheckpointFile, Generation } from "./generation.ts";
import type { TrainState } from "./train_state.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Folder of the generations inside a step folder. */
export const GENERATIONS_FOLDER = "checkpoints";

const GENERATION_NAME = /^\d{8,}(-\d+)?$/;
const FILE_NAME = /^[a-z0-9_]+\.[a-z]+$/;
const SHA256 = /^[0-9a-f]{64}$/;

/** Whether a folder in {@linkcode GENERATIONS_FOLDER} has the name of a generation. */
export function isGenerationName(name: string): boolean {
  return GENERATION_NAME.test(name);
}

/** @throws {StoredStateError} when the record at `path` is no manifest. */
export function checkedManifest(
  record: Fields,
  path: string,
): CheckpointManifest {
  const { current, previous, older, best } = record;
  const isRight = isGeneration(current) &&
    (previous === null || isGeneration(previous)) &&
    isListOf(older, isGeneration) && isListOf(best, isGeneration);
  if (!isRight) throw lacking(path, "a checkpoint manifest");
  return record as unknown as CheckpointManifest;
}

/** @throws {StoredStateError} when the record at `path` is no state of a train step. */
export function checkedState(record: Fields, path: string): TrainState {
  const counts = ["global_step", "step_epoch", "batch"];
  const isRight = counts.every((name) => isCount(record[name])) &&
    ["variant", "key"].every((name) => isText(record[name])) &&
    ["optimizers", "schedulers", "sampler"].every((name) =>
      isRecord(record[name])
    ) &&
    isCheckpointFile(record["metrics"]) &&
    isListOf(record["files"], isCheckpointFile);
  if (!isRight) throw lacking(path, "a train step's state");
  return record as unknown as TrainState;
}

function isGeneration(value: unknown): value is Generation {
  if (!isRecord(value)) return false;
  const { globalStep, folder, files, score } = value;
  const [above, name, ...rest] = isText(folder) ? folder.split("/") : [];
  return isCount(globalStep) && above === GENERATIONS_FOLDER &&
    name !== undefined && isGenerationName(name) && rest.length === 0 &&
    isListOf(files, isCheckpointFile) &&
    (score === null || typeof score === "number");
}

function isCheckpointFile(value: unknown): value is CheckpointFile {
  return isRecord(value) && isText(value["path"]) &&
    FILE_NAME.test(value["path"]) && isCount(value["bytes"]) &&
    isText(value["sha256"]) && SHA256.test(value["sha256"]);
}

function lacking(path: string, what: string): StoredStateError {
  return new StoredStateError(`Cannot read "${path}": it is not ${what}`, {
    hint: "Redo the step with `--force`",
  });
}
