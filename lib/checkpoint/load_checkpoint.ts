// Finds the generation to go on from: the current one, or the newest before it that verifies; and reads its tensors.
import { join } from "node:path";
import { StoredStateError } from "../error/failure.ts";
import { renameEntry, syncFolder } from "../disk/folder_entries.ts";
import { decodeSafetensors } from "../format/safetensors.ts";
import type { StoredArray } from "../blueprint/parameter_spec.ts";
import {
  generationsOf,
  MANIFEST_FILE,
  readManifest,
} from "./checkpoint_manifest.ts";
import {
  describeGeneration,
  type Generation,
  listGenerationFolders,
  type VerifiedGeneration,
  verifyGeneration,
} from "./generation.ts";
import { GENERATIONS_FOLDER } from "./stored_shapes.ts";
import { TENSOR_FILES } from "./tensor_files.ts";

/** What a step folder offers to go on from. */
export interface CheckpointLookup {
  /** Null where there is nothing to go on from. */
  readonly found: VerifiedGeneration | null;
  /** Generations behind `found` in the manifest, not yet verified, newest first. */
  readonly behind: readonly Generation[];
  /** Generations that do not verify. */
  readonly damaged: readonly Generation[];
  /** One sentence for each thing that is not as it was written; tell the user. */
  readonly problems: readonly string[];
}

/** Looks for the newest generation whose every byte verifies. Reads only. */
export async function findCheckpoint(
  stepFolder: string,
): Promise<CheckpointLookup> {
  const lookup = await readManifest(stepFolder);
  if (lookup.kind === "found") {
    return await firstVerified(stepFolder, generationsOf(lookup.manifest), []);
  }
  const folders = await listGenerationFolders(stepFolder);
  if (lookup.kind === "absent" && folders.length === 0) {
    return { found: null, behind: [], damaged: [], problems: [] };
  }
  // A generation gets its name only when it is whole, and its sealed state vouches for every file of it.
  const problems = [
    lookup.kind === "absent" ? `${MANIFEST_FILE} is missing` : lookup.reason,
  ];
  const candidates: Generation[] = [];
  for (const folder of folders) {
    try {
      candidates.push(await describeGeneration(stepFolder, folder));
    } catch (error) {
      problems.push(reasonOf(error));
    }
  }
  return await firstVerified(stepFolder, candidates, problems);
}

/**
 * The current generation of a finished step, for a reader that must not accept an older one.
 *
 * @throws {StoredStateError} when the step has no checkpoint or its current generation does not verify.
 */
export async function readCurrent(
  stepFolder: string,
): Promise<VerifiedGeneration> {
  const hint =
    "Run `plan` to see the state of the step, or redo it with `--force`";
  const lookup = await readManifest(stepFolder);
  if (lookup.kind === "absent") {
    throw new StoredStateError(
      `Cannot load weights from "${stepFolder}": it has no ${MANIFEST_FILE}`,
      { hint },
    );
  }
  if (lookup.kind === "damaged") {
    throw new StoredStateError(lookup.reason, { hint });
  }
  try {
    return await verifyGeneration(stepFolder, lookup.manifest.current);
  } catch (error) {
    throw new StoredStateError(reasonOf(error), { hint, cause: error });
  }
}

/**
 * Arrays of one kind of a verified generation; the weights are those that train and the frozen ones.
 *
 * @throws {StoredStateError} when a file is missing or is no safetensors file of 32-bit floats.
 */
export async function readTensors(
  verified: VerifiedGeneration,
  kind: "weights" | "average" | "optimizer",
): Promise<Map<string, StoredArray>> {
  const arrays = await readFile(verified, TENSOR_FILES[kind]);
  if (kind !== "weights" || !hasFile(verified, TENSOR_FILES.frozen)) {
    return arrays;
  }
  return new Map([
    ...arrays,
    ...await readFile(verified, TENSOR_FILES.frozen),
  ]);
}

async function readFile(
  verified: VerifiedGeneration,
  name: string,
): Promise<Map<string, StoredArray>> {
  const path = join(verified.folder, name);
  const { tensors } = decodeSafetensors(await Deno.readFile(path));
  const arrays = new Map<string, StoredArray>();
  for (const [name, { shape, data }] of tensors) {
    if (!(data instanceof Float32Array)) {
      throw new StoredStateError(
        `Cannot use "${name}" of "${path}": wanted 32-bit floats`,
      );
    }
    arrays.set(name, { shape, data });
  }
  return arrays;
}

/** Whether the generation keeps an average of its weights. */
export function hasAverage(verified: VerifiedGeneration): boolean {
  return hasFile(verified, TENSOR_FILES.average);
}

function hasFile(verified: VerifiedGeneration, name: string): boolean {
  return verified.state.files.some(({ path }) => path === name);
}

/** Renames damaged generations so that no reader takes them and a person can look. Answers the new paths. */
export async function setDamagedAside(
  stepFolder: string,
  damaged: readonly Generation[],
): Promise<string[]> {
  const moved: string[] = [];
  for (const generation of damaged) {
    const target = `${generation.folder}.damaged-${
      crypto.randomUUID().slice(0, 8)
    }`;
    try {
      await renameEntry(
        join(stepFolder, generation.folder),
        join(stepFolder, target),
      );
      moved.push(target);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  if (moved.length > 0) await syncFolder(join(stepFolder, GENERATIONS_FOLDER));
  return moved;
}

async function firstVerified(
  stepFolder: string,
  candidates: readonly Generation[],
  before: readonly string[],
): Promise<CheckpointLookup> {
  const problems = [...before];
  const damaged: Generation[] = [];
  for (const [index, candidate] of candidates.entries()) {
    try {
      const found = await verifyGeneration(stepFolder, candidate);
      return { found, behind: candidates.slice(index + 1), damaged, problems };
    } catch (error) {
      problems.push(reasonOf(error));
      damaged.push(candidate);
    }
  }
  return { found: null, behind: [], damaged, problems };
}

/** Only an expected failure means damage; a defect or a full disk goes on up. */
function reasonOf(error: unknown): string {
  if (error instanceof StoredStateError) return error.message;
  throw error;
}
