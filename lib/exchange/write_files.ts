// Writes weights as the files that FluxFlow reads: a folder that appears whole.
import { join } from "node:path";
import type { Component, StoredArray } from "../blueprint/parameter_spec.ts";
import { BUILT_COMPONENTS } from "../blueprint/model_specs.ts";
import { writeAtomically } from "../disk/atomic_write.ts";
import { sha256Hex } from "../disk/digest.ts";
import { StagedFolder } from "../disk/staged_folder.ts";
import { encodeSafetensors, type SafeTensor } from "../format/safetensors.ts";
import {
  componentOfName,
  fileOf,
  foreignName,
  isAdded,
  TOKENIZER_FILE,
} from "./file_names.ts";

/** What is written. */
export interface ExportContent {
  /** By our names, in PyTorch's layout. */
  readonly arrays: ReadonlyMap<string, StoredArray>;
  /** The header's text of a file with these components, and these names that FluxFlow does not have. */
  readonly metadata: (
    components: readonly Component[],
    added: readonly string[],
  ) => Readonly<Record<string, string>>;
  /** Text of the tokenizer file; null where the step has none. */
  readonly tokenizer: string | null;
}

/** One file that was written. */
export interface ExportedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly components: readonly Component[];
  readonly tensors: number;
  /** Names in the file that FluxFlow does not have. */
  readonly added: readonly string[];
}

/**
 * Writes the files of the components that `content` holds into the new folder `target`.
 *
 * @throws {Deno.errors.AlreadyExists} where the target exists: nothing is ever replaced.
 */
export async function writeExchangeFiles(
  target: string,
  content: ExportContent,
): Promise<ExportedFile[]> {
  await using staged = await StagedFolder.create(target);
  const written: ExportedFile[] = [];
  for (const [file, components] of filesOf(content.arrays)) {
    const names = [...content.arrays.keys()].filter((name) =>
      components.includes(componentOfName(name)!)
    );
    const added = names.filter(isAdded).map(foreignName).sort();
    const bytes = encodeSafetensors(
      new Map(names.map((name) => [
        foreignName(name),
        asTensor(content.arrays.get(name)!),
      ])),
      content.metadata(components, added),
    );
    await writeAtomically(join(staged.path, file), bytes);
    written.push({
      path: join(target, file),
      bytes: bytes.length,
      sha256: sha256Hex(bytes),
      components,
      tensors: names.length,
      added,
    });
  }
  if (content.tokenizer !== null) {
    await writeAtomically(
      join(staged.path, TOKENIZER_FILE),
      content.tokenizer,
    );
  }
  await staged.publish();
  return written;
}

function filesOf(
  arrays: ReadonlyMap<string, StoredArray>,
): Map<string, Component[]> {
  const files = new Map<string, Component[]>();
  const names = [...arrays.keys()];
  for (const component of BUILT_COMPONENTS) {
    if (!names.some((name) => componentOfName(name) === component)) continue;
    const file = fileOf(component);
    files.set(file, [...files.get(file) ?? [], component]);
  }
  return files;
}

function asTensor({ shape, data }: StoredArray): SafeTensor {
  return { dtype: "F32", shape: [...shape], data };
}
