// checkpoint.json: which generation of a step's checkpoint is current, which stand behind it, and what they contain.
import { join } from "node:path";
import { StoredStateError } from "../error/failure.ts";
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import type { Generation } from "./generation.ts";
import { openSealed, seal } from "../disk/sealed_record.ts";
import { checkedManifest } from "./stored_shapes.ts";

/** Name of the manifest inside a step folder. */
export const MANIFEST_FILE = "checkpoint.json";
/** Version of the record below; any other is refused. */
export const MANIFEST_VERSION = 1;

/** The generations of one step, newest first; every one was whole when it was entered. */
export interface CheckpointManifest {
  readonly version: typeof MANIFEST_VERSION;
  readonly current: Generation;
  /** What a reader falls back to when `current` does not verify. */
  readonly previous: Generation | null;
  /** Further ones that `keep_last` keeps. */
  readonly older: readonly Generation[];
  /** Those that `keep_best` keeps, best first; they may stand above too. */
  readonly best: readonly Generation[];
}

/** What a step folder says of its checkpoints. */
export type ManifestLookup =
  | { readonly kind: "absent" }
  | { readonly kind: "damaged"; readonly reason: string }
  | { readonly kind: "found"; readonly manifest: CheckpointManifest };

/** Reads checkpoint.json; a damaged one is an answer, since the generations vouch for themselves. */
export async function readManifest(
  stepFolder: string,
): Promise<ManifestLookup> {
  const path = join(stepFolder, MANIFEST_FILE);
  try {
    const record = openSealed(await Deno.readTextFile(path), {
      path,
      version: MANIFEST_VERSION,
    });
    return { kind: "found", manifest: checkedManifest(record, path) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { kind: "absent" };
    if (error instanceof StoredStateError) {
      return { kind: "damaged", reason: error.message };
    }
    throw error;
  }
}

/** Replaces checkpoint.json. */
export async function writeManifest(
  stepFolder: string,
  manifest: CheckpointManifest,
): Promise<void> {
  await writeJsonAtomically(join(stepFolder, MANIFEST_FILE), seal(manifest));
}

/** All generations of a manifest in the order in which a reader should try them. */
export function generationsOf(manifest: CheckpointManifest): Generation[] {
  const { current, previous, older, best } = manifest;
  const inOrder = [current, ...(previous === null ? [] : [previous]), ...older];
  const rest = [...best].sort((left, right) =>
    right.globalStep - left.globalStep
  );
  const seen = new Set<string>();
  return [...inOrder, ...rest].filter((generation) => {
    if (seen.has(generation.folder)) return false;
    seen.add(generation.folder);
    return true;
  });
}
