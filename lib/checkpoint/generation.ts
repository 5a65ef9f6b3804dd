// One generation of a checkpoint: a folder of tensor files with the state.json that vouches for them.
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { StoredStateError } from "../error/failure.ts";
import { digestFile, sha256Hex } from "../disk/digest.ts";
import { openSealed } from "../disk/sealed_record.ts";
import {
  checkedState,
  GENERATIONS_FOLDER,
  isGenerationName,
} from "./stored_shapes.ts";
import { STATE_VERSION, type TrainState } from "./train_state.ts";

export { GENERATIONS_FOLDER } from "./stored_shapes.ts";

/** Name of the state inside a generation. */
export const STATE_FILE = "state.json";
/** Metric rows of the step, beside the generations. */
export const METRICS_FILE = "metrics.jsonl";

/** One file with what it must contain. */
export interface CheckpointFile {
  /** Relative to the generation's folder; metrics.jsonl relative to the step's. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A generation as the checkpoint manifest names it. */
export interface Generation {
  readonly globalStep: number;
  /** Relative to the step folder, such as "checkpoints/00000040". */
  readonly folder: string;
  readonly files: readonly CheckpointFile[];
  /** Value of the metric that `keep_best` ranks by; null without one. */
  readonly score: number | null;
}

/** A generation whose every byte was checked. */
export interface VerifiedGeneration {
  readonly generation: Generation;
  readonly state: TrainState;
  /** Absolute. */
  readonly folder: string;
}

/**
 * Reads and hashes every file of a generation, and the part of metrics.jsonl that belongs to it.
 *
 * @throws {StoredStateError} naming the first file that is missing or differs.
 */
export async function verifyGeneration(
  stepFolder: string,
  generation: Generation,
): Promise<VerifiedGeneration> {
  const folder = join(stepFolder, generation.folder);
  for (const file of generation.files) await verifyFile(folder, file);
  const state = await readState(folder);
  // A state names the files that its generation names, but for itself: their bytes are not read a second time.
  const others = state.files.filter((file) =>
    !generation.files.some((known) => isDeepStrictEqual(known, file))
  );
  for (const file of others) await verifyFile(folder, file);
  await verifyMetrics(stepFolder, state);
  return { generation, state, folder };
}

/**
 * Builds a generation's entry from its own state.json, for when the checkpoint manifest is lost.
 *
 * @throws {StoredStateError} when state.json is missing or damaged.
 */
export async function describeGeneration(
  stepFolder: string,
  folder: string,
): Promise<Generation> {
  const absolute = join(stepFolder, folder);
  const state = await readState(absolute);
  const own = await digestFile(join(absolute, STATE_FILE));
  return {
    globalStep: state.global_step,
    folder,
    files: [...state.files, { path: STATE_FILE, ...own }],
    score: null,
  };
}

/** Generation folders inside a step folder, newest first; foreign names are left out. */
export async function listGenerationFolders(
  stepFolder: string,
): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (
      const entry of Deno.readDir(join(stepFolder, GENERATIONS_FOLDER))
    ) {
      if (entry.isDirectory && isGenerationName(entry.name)) {
        names.push(entry.name);
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.sort().reverse().map((name) => `${GENERATIONS_FOLDER}/${name}`);
}

async function readState(folder: string): Promise<TrainState> {
  const path = join(folder, STATE_FILE);
  const text = await readText(path);
  const record = openSealed(text, { path, version: STATE_VERSION });
  return checkedState(record, path);
}

async function readText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new StoredStateError(`Cannot read "${path}": it is missing`);
    }
    throw error;
  }
}

async function verifyFile(folder: string, file: CheckpointFile): Promise<void> {
  const path = join(folder, file.path);
  let found;
  try {
    found = await digestFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new StoredStateError(`Cannot use "${path}": it is missing`, {
      cause: error,
    });
  }
  if (found.bytes !== file.bytes) {
    throw new StoredStateError(
      `Cannot use "${path}": found ${found.bytes} bytes, wanted ${file.bytes}`,
    );
  }
  if (found.sha256 !== file.sha256) {
    throw new StoredStateError(
      `Cannot use "${path}": its content differs from what was saved`,
    );
  }
}

/** The log may be longer: rows behind the generation are cut when the step goes on. */
async function verifyMetrics(
  stepFolder: string,
  state: TrainState,
): Promise<void> {
  const { bytes, sha256 } = state.metrics;
  const path = join(stepFolder, state.metrics.path);
  const found = await digestPrefix(path, bytes);
  if (found === sha256) return;
  throw new StoredStateError(
    `Cannot use "${path}": its first ${bytes} bytes differ from what was saved`,
  );
}

/** SHA-256 of the first `bytes` bytes; null where the file is shorter. */
export async function digestPrefix(
  path: string,
  bytes: number,
): Promise<string | null> {
  if (bytes === 0) return sha256Hex("");
  try {
    const content = await Deno.readFile(path);
    return content.length < bytes
      ? null
      : sha256Hex(content.subarray(0, bytes));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
