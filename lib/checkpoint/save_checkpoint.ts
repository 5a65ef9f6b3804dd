// Writes one generation: staged folder, rename, read back, manifest, and only then the removal of older ones.
import { join } from "node:path";
import { StoredStateError } from "../error/failure.ts";
import { writeAtomically } from "../disk/atomic_write.ts";
import { canonicalJson } from "../disk/canonical_json.ts";
import { sha256Hex } from "../disk/digest.ts";
import { removeTree } from "../disk/folder_entries.ts";
import { StagedFolder } from "../disk/staged_folder.ts";
import { generationsOf, writeManifest } from "./checkpoint_manifest.ts";
import {
  type CheckpointFile,
  type Generation,
  listGenerationFolders,
  STATE_FILE,
  verifyGeneration,
} from "./generation.ts";
import { nextManifest, type RetentionPolicy } from "./retention.ts";
import { seal } from "../disk/sealed_record.ts";
import {
  changingFiles,
  frozenFile,
  shareOrWrite,
  type StoredArrays,
} from "./tensor_files.ts";
import { GENERATIONS_FOLDER } from "./stored_shapes.ts";
import type { TrainState } from "./train_state.ts";

/** One moment of a train step. */
export interface CheckpointContent {
  readonly state: Omit<TrainState, "files">;
  /** Those that the step trains, and whatever else may change. */
  readonly weights: StoredArrays;
  /** Those that it leaves as they are; they are written once and shared by all generations. */
  readonly frozen: StoredArrays;
  /** Null where the step keeps no average. */
  readonly average: StoredArrays | null;
  readonly optimizer: StoredArrays;
  readonly score: number | null;
}

/** The generations behind the next one, newest first, the one that the step goes on from at the head; empty at the start. */
export interface CheckpointHistory {
  readonly usable: readonly Generation[];
}

/** The history with the new generation at its head, and what that one cost. */
export interface SavedCheckpoint extends CheckpointHistory {
  readonly writtenBytes: number;
  /** Bytes of frozen weights that lie in the generation before already. */
  readonly sharedBytes: number;
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
): Promise<SavedCheckpoint> {
  const folder = await freeFolderName(stepFolder, content.state.global_step);
  const before = history.usable[0]?.folder;
  const { generation, sharedBytes } = await writeGeneration(
    stepFolder,
    folder,
    {
      content,
      before: before === undefined ? null : join(stepFolder, before),
    },
  );
  await readBack(stepFolder, generation);
  const manifest = nextManifest(generation, history.usable, policy);
  await writeManifest(stepFolder, manifest);
  const usable = generationsOf(manifest);
  await removeUnreferenced(stepFolder, usable);
  const bytes = generation.files.reduce((sum, { bytes }) => sum + bytes, 0);
  return { usable, writtenBytes: bytes - sharedBytes, sharedBytes };
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
  { content, before }: {
    readonly content: CheckpointContent;
    /** Absolute folder of the generation that the step comes from. */
    readonly before: string | null;
  },
): Promise<{ readonly generation: Generation; readonly sharedBytes: number }> {
  await using staged = await StagedFolder.create(join(stepFolder, folder));
  const files: CheckpointFile[] = [];
  const write = async (path: string, bytes: Uint8Array) => {
    await writeAtomically(join(staged.path, path), bytes);
    files.push({ path, bytes: bytes.length, sha256: sha256Hex(bytes) });
  };
  const { variant, global_step } = content.state;
  const origin = { variant, globalStep: global_step };
  for (const { path, bytes } of changingFiles(content, origin)) {
    await write(path, bytes);
  }
  let sharedBytes = 0;
  if (content.frozen.size > 0) {
    const frozen = frozenFile(content.frozen, origin);
    const { file, isShared } = await shareOrWrite(staged.path, frozen, before);
    files.push(file);
    if (isShared) sharedBytes = file.bytes;
  }
  const state = seal({ ...content.state, files: [...files] });
  await write(
    STATE_FILE,
    new TextEncoder().encode(`${canonicalJson(state, 2)}\n`),
  );
  await staged.publish();
  const { score } = content;
  const generation = { globalStep: global_step, folder, files, score };
  return { generation, sharedBytes };
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
