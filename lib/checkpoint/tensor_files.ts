// The tensor files of a generation: their names, their bytes, and the file of frozen weights, which one generation shares with the next.
import { join } from "node:path";
import { writeAtomically } from "../disk/atomic_write.ts";
import { digestFile, sha256Hex } from "../disk/digest.ts";
import { linkEntry, syncFolder } from "../disk/folder_entries.ts";
import { encodeSafetensors } from "../format/safetensors.ts";
import type { StoredArray } from "../blueprint/parameter_spec.ts";
import type { CheckpointFile } from "./generation.ts";

/** Arrays by name. */
export type StoredArrays = ReadonlyMap<string, StoredArray>;

/** Tensor files of a generation. A step that trains everything has no file of frozen weights, one without averages none of these. */
export const TENSOR_FILES = {
  weights: "weights.safetensors",
  frozen: "frozen.safetensors",
  average: "ema.safetensors",
  optimizer: "optimizer.safetensors",
} as const;

/** What a generation's tensor files say of themselves. */
export interface TensorOrigin {
  readonly variant: string;
  readonly globalStep: number;
}

/** One tensor file about to be written. */
export interface TensorFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Files of the arrays that change with training. */
export function changingFiles(
  arrays: {
    readonly weights: StoredArrays;
    readonly average: StoredArrays | null;
    readonly optimizer: StoredArrays;
  },
  { variant, globalStep }: TensorOrigin,
): TensorFile[] {
  const metadata = { format: "pt", variant, step: String(globalStep) };
  const { weights, average, optimizer } = TENSOR_FILES;
  return [
    { path: weights, bytes: tensorBytes(arrays.weights, metadata) },
    ...(arrays.average === null
      ? []
      : [{ path: average, bytes: tensorBytes(arrays.average, metadata) }]),
    { path: optimizer, bytes: tensorBytes(arrays.optimizer, metadata) },
  ];
}

/** The file of frozen weights; it names no moment, so that every generation of a step has the same bytes. */
export function frozenFile(
  arrays: StoredArrays,
  { variant }: TensorOrigin,
): TensorFile {
  const bytes = tensorBytes(arrays, { format: "pt", variant });
  return { path: TENSOR_FILES.frozen, bytes };
}

/**
 * Puts a file into the folder of a new generation: as a second name of the same file of the generation in `before` where that has
 * these very bytes and the file system can, else as a file of its own. The bytes decide, so that a file that was damaged, or weights
 * that changed after all, are never shared.
 */
export async function shareOrWrite(
  folder: string,
  { path, bytes }: TensorFile,
  before: string | null,
): Promise<{ readonly file: CheckpointFile; readonly isShared: boolean }> {
  const file = { path, bytes: bytes.length, sha256: sha256Hex(bytes) };
  const place = join(folder, path);
  const source = before === null ? null : join(before, path);
  const isShared = source !== null && await holds(source, file) &&
    await linkEntry(source, place);
  if (isShared) await syncFolder(folder);
  else await writeAtomically(place, bytes);
  return { file, isShared };
}

async function holds(path: string, wanted: CheckpointFile): Promise<boolean> {
  try {
    const { isFile, size } = await Deno.lstat(path);
    return isFile && size === wanted.bytes &&
      (await digestFile(path)).sha256 === wanted.sha256;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
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
