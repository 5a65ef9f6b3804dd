// What the arguments of an import stand for: weight files by their headers, and what lies beside them. No number is read.
import { basename, dirname, join } from "node:path";
import { StoredStateError, UsageError } from "../error/failure.ts";
import { isFloat } from "../format/float_arrays.ts";
import type { SafetensorsHeader } from "../format/safetensors_header.ts";
import { type FileOrigin, readOrigin } from "./file_metadata.ts";
import {
  DISCRIMINATOR_FILE,
  MAIN_FILE,
  TEXT_FILE,
  TOKENIZER_FILE,
} from "./file_names.ts";
import { type NamedArrays, namedArrays } from "./named_arrays.ts";
import {
  isPickle,
  isPickleName,
  PICKLE_HINT,
  PICKLE_REASON,
} from "./pickle.ts";
import { readHeader } from "./read_header.ts";
import { STATE_FILE } from "./run_position.ts";

/** One reason not to import. */
export interface ImportFault {
  readonly message: string;
  readonly hint: string;
}

/** A weight file of FluxFlow or of fluxline. */
export interface ForeignFile extends Omit<NamedArrays, "formats"> {
  readonly path: string;
  readonly origin: FileOrigin;
  readonly metadata: Readonly<Record<string, string>>;
  /** Arrays by a number format that becomes F32. */
  readonly converted: Readonly<Record<string, number>>;
}

/** Everything that was named or found. */
export interface ForeignFiles {
  readonly files: readonly ForeignFile[];
  readonly faults: readonly ImportFault[];
  /** Paths; null where there is none. */
  readonly tokenizer: string | null;
  readonly state: string | null;
  /** What lies in the folders and is not read, each with the reason. */
  readonly leftOut: readonly string[];
}

const WEIGHT_FILES = [MAIN_FILE, TEXT_FILE, DISCRIMINATOR_FILE];
const PICKLE =
  "a pickle, which can run any program when it is read; its optimizer states start anew";
/** Files of FluxFlow's that an import leaves where they are. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  "training_states.pt": PICKLE,
  "training_states.pt.bck": PICKLE,
  "sampler_state.pt": PICKLE,
  "sampler_state.pt.bck": PICKLE,
  "lr_sav.json": "rates are the pipeline's own",
  "image_encoder.safetensors": "FluxFlow builds that network and never uses it",
};

/**
 * Finds and describes the files. What is wrong with one does not hide what is wrong with the next.
 *
 * @throws {UsageError} where a path does not exist
 */
export async function foreignFiles(
  paths: readonly string[],
): Promise<ForeignFiles> {
  await requireThere(paths);
  const faults: ImportFault[] = [];
  const weights = new Set<string>();
  const leftOut: string[] = [];
  let tokenizer: string | null = null;
  let state: string | null = null;
  for (const path of paths) {
    const { isDirectory } = await Deno.stat(path);
    const found = isDirectory ? await entriesOf(path) : [path];
    const named = found.filter((one) => WEIGHT_FILES.includes(basename(one)));
    if (isDirectory && named.length === 0) faults.push(emptyFolder(path));
    for (const one of found) {
      const name = basename(one);
      const reason = LEFT_OUT[name];
      if (name === TOKENIZER_FILE) tokenizer = one;
      else if (name === STATE_FILE) state = one;
      else if (isDirectory) {
        if (WEIGHT_FILES.includes(name)) weights.add(one);
        else if (reason !== undefined) leftOut.push(`${name}: ${reason}`);
      } else if (isPickleName(name)) faults.push(pickled(one));
      else weights.add(one);
    }
  }
  const files: ForeignFile[] = [];
  for (const path of weights) {
    try {
      files.push(describe(path, await readHeader(path)));
    } catch (error) {
      if (!(error instanceof StoredStateError)) throw error;
      faults.push(
        await isPickle(path) ? pickled(path) : unreadable(path, error),
      );
    }
  }
  const text = files.find(({ components }) => components.has("text_encoder"));
  if (tokenizer === null && text !== undefined) {
    const beside = await entriesOf(dirname(text.path));
    tokenizer = beside.find((one) => basename(one) === TOKENIZER_FILE) ?? null;
  }
  return { files, faults, tokenizer, state, leftOut };
}

async function requireThere(paths: readonly string[]): Promise<void> {
  const absent: string[] = [];
  for (const path of paths) {
    try {
      await Deno.stat(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      absent.push(`"${path}"`);
    }
  }
  if (absent.length === 0) return;
  throw new UsageError(
    `Cannot import ${absent.join(", ")}: there is no such file or folder`,
    { hint: "Name FluxFlow's output folder, or files in it" },
  );
}

/** Paths of what is in a folder and is no folder itself. */
async function entriesOf(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (!isDirectory) names.push(name);
  }
  return names.sort().map((name) => join(folder, name));
}

function emptyFolder(path: string): ImportFault {
  return {
    message: `Cannot import folder "${path}": it has none of ${
      WEIGHT_FILES.join(", ")
    }`,
    hint:
      "Name FluxFlow's output folder, or the weight files themselves where they have other names",
  };
}

function pickled(path: string): ImportFault {
  return {
    message: `Cannot import "${path}": ${PICKLE_REASON}`,
    hint: PICKLE_HINT,
  };
}

function unreadable(path: string, error: StoredStateError): ImportFault {
  return {
    message: `Cannot import "${path}": ${error.message}`,
    hint: error.hint ?? "Copy the file again; it is damaged or of another kind",
  };
}

function describe(path: string, header: SafetensorsHeader): ForeignFile {
  const { formats, ...arrays } = namedArrays(header, isFloat);
  const { F32: _, ...converted } = formats;
  const { metadata } = header;
  return { path, origin: readOrigin(metadata), metadata, ...arrays, converted };
}
