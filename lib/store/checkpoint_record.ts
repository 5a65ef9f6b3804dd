// Reads where an unfinished training step stands: checkpoint.json names the generations, state.json of one holds the cursor.
// Nothing is loaded and nothing is hashed here; that happens when the step goes on.
import { basename, join } from "node:path";
import { isInnerPath } from "../disk/inner_path.ts";
import { sizeOrNull } from "../disk/present_entries.ts";
import { StoredStateError } from "../error/failure.ts";
import { stepPaths } from "./store_layout.ts";
import { isRecord } from "../json/record.ts";
import { readSealedRecord, type StoredRecord } from "./stored_json.ts";

const CHECKPOINT_VERSION = 1;

/** One file of a checkpoint generation. */
export interface CheckpointFile {
  /** Relative to the generation's folder. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** One saved state. */
export interface CheckpointGeneration {
  readonly globalStep: number;
  /** Relative to the step folder, such as `checkpoints/00000120`. */
  readonly folder: string;
  readonly files: readonly CheckpointFile[];
}

/** Where a step goes on. */
export interface CheckpointCursor {
  readonly globalStep: number;
  /** Finished epochs. */
  readonly epoch: number;
  /** Finished batches of the epoch after those. */
  readonly batch: number;
  readonly batchesPerEpoch: number | null;
  /** Numeric classes of all engines that worked up to here. */
  readonly engines: readonly string[];
  /** Why the newest generation is not the one that counts; null where it is. */
  readonly fallback: string | null;
}

/** What a look at a step's checkpoints finds. */
export type CheckpointLookup =
  | { readonly kind: "absent" }
  | { readonly kind: "ready"; readonly cursor: CheckpointCursor }
  | { readonly kind: "damaged"; readonly reason: string };

/**
 * The newest generation whose files are all there in their size, and the cursor that it holds. Where checkpoint.json is damaged
 * or missing the generations' own state.json files are tried; where there is none of these either, no save has ever ended.
 */
export async function readCheckpointCursor(
  folder: string,
): Promise<CheckpointLookup> {
  const reasons: string[] = [];
  let candidates: unknown[];
  try {
    const record = await readSealedRecord(
      stepPaths(folder).checkpointManifest,
      CHECKPOINT_VERSION,
      [],
    );
    if (record === null) {
      candidates = foundGenerations(folder);
      if (candidates.length === 0) return { kind: "absent" };
      reasons.push("checkpoint.json is missing");
    } else candidates = namedGenerations(record);
  } catch (error) {
    if (!(error instanceof StoredStateError)) throw error;
    reasons.push(error.message);
    candidates = foundGenerations(folder);
  }
  for (const value of candidates) {
    const generation = parseGeneration(value);
    const found = generation === null
      ? "checkpoint.json names a generation without its fields"
      : await readGeneration(folder, generation);
    if (typeof found !== "string") {
      const cursor = { ...found, fallback: reasons[0] ?? null };
      return { kind: "ready", cursor };
    }
    reasons.push(found);
  }
  const reason = reasons[0] ?? "checkpoint.json names no generation";
  return { kind: "damaged", reason };
}

/** In the order in which a resume tries them. */
function namedGenerations(record: StoredRecord): unknown[] {
  const { current, previous, older, best } = record;
  const lists = [older, best].flatMap((list) =>
    Array.isArray(list) ? list : []
  );
  return [current, previous, ...lists].filter((one) =>
    one !== null && one !== undefined
  );
}

/** Generation folders, newest first, without a word about their files. */
function foundGenerations(folder: string): CheckpointGeneration[] {
  const { checkpoints } = stepPaths(folder);
  try {
    return [...Deno.readDirSync(checkpoints)]
      .filter((entry) =>
        entry.isDirectory && /^\d{8,}(-\d+)?$/.test(entry.name)
      )
      .map((entry) => entry.name).sort().reverse()
      .map((name) => ({
        globalStep: Number.parseInt(name, 10),
        folder: `${basename(checkpoints)}/${name}`,
        files: [],
      }));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** The cursor, or the reason why this generation cannot be used. */
async function readGeneration(
  folder: string,
  generation: CheckpointGeneration,
): Promise<Omit<CheckpointCursor, "fallback"> | string> {
  for (const file of generation.files) {
    const path = `${generation.folder}/${file.path}`;
    const bytes = sizeOrNull(join(folder, generation.folder, file.path));
    if (bytes === null) return `"${path}" is missing`;
    if (bytes !== file.bytes) {
      return `"${path}" has ${bytes} bytes, wanted ${file.bytes}`;
    }
  }
  const place = join(folder, generation.folder, "state.json");
  try {
    const state = await readSealedRecord(place, CHECKPOINT_VERSION, []);
    const epoch = state?.["step_epoch"];
    const batch = state?.["batch"];
    if (typeof epoch !== "number" || typeof batch !== "number") {
      return `"${generation.folder}/state.json" holds no cursor`;
    }
    const perEpoch = state?.["batches_per_epoch"];
    const batchesPerEpoch = typeof perEpoch === "number" ? perEpoch : null;
    const { globalStep } = generation;
    const engines = enginesOf(state?.["engines"], state?.["engine"]);
    return { globalStep, epoch, batch, batchesPerEpoch, engines };
  } catch (error) {
    if (!(error instanceof StoredStateError)) throw error;
    return error.message;
  }
}

/** Older states name the last engine alone. */
function enginesOf(all: unknown, last: unknown): string[] {
  const named = Array.isArray(all) ? all : [last];
  return named.filter((one) => typeof one === "string");
}

function parseGeneration(value: unknown): CheckpointGeneration | null {
  if (!isRecord(value)) return null;
  const isWhole = typeof value["globalStep"] === "number" &&
    typeof value["folder"] === "string" && isInnerPath(value["folder"]) &&
    Array.isArray(value["files"]) &&
    value["files"].every((file) =>
      isRecord(file) && typeof file["path"] === "string" &&
      isInnerPath(file["path"]) &&
      typeof file["bytes"] === "number"
    );
  return isWhole ? value as unknown as CheckpointGeneration : null;
}
