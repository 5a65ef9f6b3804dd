// The numbers of weight files under our names, after their content was compared with what the plan saw.
import type { Component, StoredArray } from "../blueprint/parameter_spec.ts";
import { sha256Hex } from "../disk/digest.ts";
import { StoredStateError } from "../error/failure.ts";
import { decodeSafetensors } from "../format/safetensors.ts";
import { componentOfName, ownName } from "./file_names.ts";

/** A file as a plan has hashed it. */
export interface PlannedBytes {
  /** Absolute. */
  readonly path: string;
  readonly sha256: string;
}

/** A weight file as a plan names it. */
export interface PlannedWeightFile extends PlannedBytes {
  /** The components that the step takes from it. */
  readonly components: readonly Component[];
}

/**
 * Arrays of the components that a step takes from a file.
 *
 * @throws {StoredStateError} when the file is gone, another than the plan saw, or damaged.
 */
export async function readPlannedWeights(
  file: PlannedWeightFile,
): Promise<Map<string, StoredArray>> {
  const bytes = await readPlannedBytes(file);
  const arrays = new Map<string, StoredArray>();
  for (const [foreign, { shape, data }] of decodeSafetensors(bytes).tensors) {
    const name = ownName(foreign);
    const component = name === null ? null : componentOfName(name);
    if (
      name !== null && component !== null && data instanceof Float32Array &&
      file.components.includes(component)
    ) arrays.set(name, { shape, data });
  }
  return arrays;
}

/** Content of a file that a plan has hashed. @throws {StoredStateError} when it is another now. */
export async function readPlannedBytes(
  file: PlannedBytes,
): Promise<Uint8Array> {
  const hint =
    "Start the run again: the step then gets the key of the new file";
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(file.path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new StoredStateError(`Cannot use "${file.path}": it is missing`, {
      cause: error,
      hint,
    });
  }
  if (sha256Hex(bytes) === file.sha256) return bytes;
  throw new StoredStateError(
    `Cannot use "${file.path}": its content changed since the plan was made`,
    { hint },
  );
}
