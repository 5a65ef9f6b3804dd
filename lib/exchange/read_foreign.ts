// The numbers of foreign files as 32-bit floats, each one checked.
import type { StoredArray } from "../blueprint/parameter_spec.ts";
import { sha256Hex } from "../disk/digest.ts";
import { isFloat, readFloats } from "../format/float_arrays.ts";
import { decodeHeader } from "../format/safetensors_header.ts";
import type { ComponentFit } from "./component_fit.ts";
import { foreignName, ownName } from "./file_names.ts";
import type { ForeignFile, ImportFault } from "./foreign_files.ts";
import { nameList } from "./name_list.ts";

/** Arrays of several files. */
export interface ForeignContent {
  /** By our names. */
  readonly arrays: ReadonlyMap<string, StoredArray>;
  /** SHA-256 of each file, by path. */
  readonly digests: ReadonlyMap<string, string>;
  readonly faults: readonly ImportFault[];
}

/** Reads the arrays that a model takes; names that `fits` calls unexpected are passed over. */
export async function readForeignArrays(
  files: readonly ForeignFile[],
  fits: readonly ComponentFit[],
): Promise<ForeignContent> {
  const unexpected = new Set(fits.flatMap((fit) => fit.unexpected));
  const arrays = new Map<string, StoredArray>();
  const digests = new Map<string, string>();
  const faults: ImportFault[] = [];
  for (const { path } of files) {
    const bytes = await Deno.readFile(path);
    digests.set(path, sha256Hex(bytes));
    const { claims, end } = decodeHeader(bytes, bytes.length);
    const block = bytes.subarray(end);
    const broken: string[] = [];
    for (const claim of claims) {
      const name = ownName(claim.name);
      if (name === null || !isFloat(claim.dtype)) continue;
      if (unexpected.has(foreignName(name))) continue;
      const data = readFloats(block, claim);
      const count = data.reduce(
        (sum, value) => Number.isFinite(value) ? sum : sum + 1,
        0,
      );
      if (count > 0) broken.push(`${claim.name} (${count} of ${data.length})`);
      arrays.set(name, { shape: claim.shape, data });
    }
    if (broken.length === 0) continue;
    faults.push({
      message: `Cannot import "${path}": NaN or infinite numbers in ${
        nameList(broken.length === 1 ? "array" : "arrays", broken)
      }`,
      hint:
        "Take an earlier checkpoint: a model with such weights computes nothing else",
    });
  }
  return { arrays, digests, faults };
}
