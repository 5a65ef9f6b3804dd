// Writes one generation: staged folder, rename, read back, manifest, and only then the removal of older ones.
import { join } from "node:path";
import { StoredStateError } from "../error/failure.ts";
import { writeAtomically } from "../disk/atomic_write.ts";
import { canonicalJson } from "../disk/canonical_json.ts";
import { sha256Hex } from "../disk/digest.ts";
import { removeTree } from "../disk/folder_entries.ts";
import { StagedFolder } from "../disk/staged_folder.ts";
import { encodeSafetensors } from "../format/safetensors.ts";
import type { StoredArray } from "../blueprint/parameter_spec.ts";
import { generationsOf, writeManifest } from "./checkpoint_manifest.ts";
import {
  type CheckpointFile,
  type Generation,
  GENERATIONS_FOLDER,
  listGenerationFolders,
  STATE_FILE,
  verifyGeneration,
} from "./generation.ts";
import { nextManifest, type RetentionPolicy } from "./retention.ts";
import { seal } from "../disk/sealed_record.ts";
import type { TrainState } from "./train_state.ts";

/** Arrays by name. */
export type StoredArrays = ReadonlyMap<string, StoredArray>;

/** Tensor files of a generation. */
export const TENSOR_FILES = {
  weights: "weights.safetensors",
  average: "ema.safetensors",
  optimizer: "optimizer.safetensors",
} as const;

/** One moment of a train step. */
export interface CheckpointContent {
  readonly state: Omit<TrainState, "files">;
  readonly weights: StoredArrays;
  /** Null where the step keeps no average. */
  readonly average: StoredArrays | null;
  readonly optimizer: StoredArrays;
  readonly score: number | null;
}

/** The generations behind the next one, newest first, the one that the step goes on from at the head; empty at the start. */
export interface CheckpointHistory {
  readonly usable: readonly Generation[];
}

/**
 * Makes `content` the current generation of the step. Only the holder of the step's lock may call it.
 *
 * @throws {StoredStateError} when what was written does not read back; the generation before it stays current.
 */
export async function saveCheckpoint(
  stepFolder: string,
  content: CheckpointContent,
  history: CheckpointHistory,
  policy: RetentionPolicy,
): Promise<CheckpointHistory> {
  const folder = await freeFolderName(stepFolder, content.state.global_step);
  const generation = await writeGeneration(stepFolder, folder, content);
  await readBack(stepFolder, generation);
  const manifest = nextManifest(generation, history.usable, policy);
  await writeManifest(stepFolder, manifest);
  const usable = generationsOf(manifest);
  await removeUnreferenced(stepFolder, usable);
  return { usable };
}

/** Deletes generation folders that are not among `generations`; folders with foreign names are left alone. */
export async function removeUnreferenced(
  stepFolder: string,
  generations: readonly Generation[],
): Promise<void> {
  const kept = new Set(generations.map((generation) => generation.folder));
  for (const folder of await listGenerationFolders(stepFolder)) {
    if (!kept.has(folder)) {
      await removeTree(join(stepFolder, folder));
    }
  }
}

/** A second generation of one global step gets a suffix: a folder that is there is never replaced. */
async function freeFolderName(
  stepFolder: string,
  globalStep: number,
): Promise<string> {
  const taken = new Set(await listGenerationFolders(stepFolder));
  const name = `${GENERATIONS_FOLDER}/${String(globalStep).padStart(8, "0")}`;
  if (!taken.has(name)) return name;
  let suffix = 2;
  while (taken.has(`${name}-${suffix}`)) suffix++;
  return `${name}-${suffix}`;
}

async function writeGeneration(
  stepFolder: string,
  folder: string,
  content: CheckpointContent,
): Promise<Generation> {
  await using staged = await StagedFolder.create(join(stepFolder, folder));
  const files: CheckpointFile[] = [];
  const write = async (path: string, bytes: Uint8Array) => {
    await writeAtomically(join(staged.path, path), bytes);
    files.push({ path, bytes: bytes.length, sha256: sha256Hex(bytes) });
  };
  const { variant, global_step } = content.state;
  for (const [path, arrays] of tensorFiles(content)) {
    await write(
      path,
      tensorBytes(arrays, { format: "pt", variant, step: String(global_step) }),
    );
  }
  const state = seal({ ...content.state, files: [...files] });
  await write(
    STATE_FILE,
    new TextEncoder().encode(`${canonicalJson(state, 2)}\n`),
  );
  await staged.publish();
  return { globalStep: global_step, folder, files, score: content.score };
}

function tensorFiles(content: CheckpointContent): [string, StoredArrays][] {
  return [
    [TENSOR_FILES.weights, content.weights],
    ...(content.average === null
      ? []
      : [[TENSOR_FILES.average, content.average] as [string, StoredArrays]]),
    [TENSOR_FILES.optimizer, content.optimizer],
  ];
}

function tensorBytes(
  arrays: StoredArrays,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const tensors = new Map(
    [...arrays].map(([name, { shape, data }]) => [
      name,
      { dtype: "F32" as const, shape: [...shape], data },
    ]),
  );
  return encodeSafetensors(tensors, { ...metadata });
}

/** A disk that lies is caught here, while the generation before it still stands. */
async function readBack(
  stepFolder: string,
  generation: Generation,
): Promise<void> {
  try {
    await verifyGeneration(stepFolder, generation);
  } catch (error) {
    if (!(error instanceof StoredStateError)) throw error;
    throw new StoredStateError(
      `Cannot save checkpoint "${generation.folder}": it does not read back: ${error.message}`,
      { cause: error, hint: "Check the disk that holds the runs folder" },
    );
  }
}
