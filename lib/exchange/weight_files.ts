// The weight files that a path stands for, as their headers tell: which components they hold, in which shapes. No number is read.
import { dirname, join } from "node:path";
import { BUILT_COMPONENTS } from "../blueprint/model_specs.ts";
import type { Component } from "../blueprint/parameter_spec.ts";
import { StoredStateError } from "../error/failure.ts";
import type { SafetensorsHeader } from "../format/safetensors_header.ts";
import { type FileOrigin, readOrigin } from "./file_metadata.ts";
import {
  DISCRIMINATOR_FILE,
  MAIN_FILE,
  TEXT_FILE,
  TOKENIZER_FILE,
} from "./file_names.ts";
import { namedArrays } from "./named_arrays.ts";
import { isPickle, PICKLE_HINT, PICKLE_REASON } from "./pickle.ts";
import { readHeader } from "./read_header.ts";

/** One file, by its header. */
export interface WeightFile {
  /** Absolute. */
  readonly path: string;
  readonly origin: FileOrigin;
  readonly components: readonly Component[];
  /** Our name of each array, with its shape. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Names of the file that belong to no component, and arrays that are not 32-bit floats. */
  readonly stray: readonly string[];
}

/** The files of one path. */
export interface WeightFiles {
  readonly files: readonly WeightFile[];
  /** Absolute path of the tokenizer beside the text encoder; null where there is none. */
  readonly tokenizer: string | null;
}

/**
 * Reads the headers at `path`: of that file, or of FluxFlow's files in that folder, the discriminator's where one is wanted.
 *
 * @throws {StoredStateError} when the folder holds none of them, or a header cannot be understood.
 */
export async function readWeightFiles(
  path: string,
  wanted: { readonly discriminator: boolean },
): Promise<WeightFiles> {
  const { isDirectory } = await Deno.stat(path);
  const names = [
    MAIN_FILE,
    TEXT_FILE,
    ...(wanted.discriminator ? [DISCRIMINATOR_FILE] : []),
  ];
  const paths = isDirectory ? await presentFiles(path, names) : [path];
  if (paths.length === 0) {
    throw new StoredStateError(
      `Cannot find weights in folder "${path}": it has neither ${MAIN_FILE} nor ${TEXT_FILE}`,
      { hint: "Name a folder that holds one of them, or the file itself" },
    );
  }
  const files: WeightFile[] = [];
  for (const file of paths) files.push(await readWeightFile(file));
  const tokenizer = join(isDirectory ? path : dirname(path), TOKENIZER_FILE);
  const hasText = files.some((file) =>
    file.components.includes("text_encoder")
  );
  return {
    files,
    tokenizer: hasText && await isFile(tokenizer) ? tokenizer : null,
  };
}

async function presentFiles(
  folder: string,
  names: readonly string[],
): Promise<string[]> {
  const found: string[] = [];
  for (const name of names) {
    const path = join(folder, name);
    if (await isFile(path)) found.push(path);
  }
  return found;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotCapable
    ) return false;
    throw error;
  }
}

async function readWeightFile(path: string): Promise<WeightFile> {
  return await about(
    path,
    async () => describe(path, await readHeader(path)),
  );
}

/**
 * The header of the safetensors file at `path`; no number is read.
 *
 * @throws {StoredStateError} when it cannot be understood, with the path.
 */
export async function readFileHeader(path: string): Promise<SafetensorsHeader> {
  return await about(path, () => readHeader(path));
}

async function about<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof StoredStateError)) throw error;
    if (await isPickle(path)) {
      throw new StoredStateError(`Cannot use "${path}": ${PICKLE_REASON}`, {
        cause: error,
        hint: PICKLE_HINT,
      });
    }
    throw new StoredStateError(`Cannot use "${path}": ${error.message}`, {
      cause: error,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
}

function describe(path: string, header: SafetensorsHeader): WeightFile {
  const arrays = namedArrays(header, (dtype) => dtype === "F32");
  const { shapes, components, stray, buffers } = arrays;
  return {
    path,
    origin: readOrigin(header.metadata),
    components: BUILT_COMPONENTS.filter((one) => components.has(one)),
    shapes,
    stray: [...stray, ...buffers],
  };
}
