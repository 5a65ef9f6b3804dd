// Weights of FluxFlow as a folder from which a pipeline starts: checked whole before anything is written.
import { basename, join } from "node:path";
import { BUILT_COMPONENTS } from "../blueprint/model_specs.ts";
import type { Component } from "../blueprint/parameter_spec.ts";
import { canonicalJson } from "../disk/canonical_json.ts";
import { StoredStateError } from "../error/failure.ts";
import { type ComponentFit, componentFit } from "./component_fit.ts";
import { type FileOrigin, FLUXLINE_VERSION } from "./file_metadata.ts";
import { TOKENIZER_FILE } from "./file_names.ts";
import {
  type ForeignFile,
  foreignFiles,
  type ImportFault,
} from "./foreign_files.ts";
import { type ImportedModel, importedModel } from "./imported_model.ts";
import { inferSizes } from "./infer_sizes.ts";
import { nameList } from "./name_list.ts";
import { type ForeignContent, readForeignArrays } from "./read_foreign.ts";
import { parseRunPosition, type RunPosition } from "./run_position.ts";
import { tokenizerFacts } from "./tokenizer_file.ts";
import { type ExportedFile, writeExchangeFiles } from "./write_files.ts";

/** What to import. */
export interface ImportOptions {
  /** Files, and folders of FluxFlow's files. */
  readonly paths: readonly string[];
  /** Absolute path of the folder that is made; it must not exist. */
  readonly to: string;
  /** Whether missing and unexpected names are refused. */
  readonly strict: boolean;
}

/** What was found, and what was written where there is no fault. */
export interface WeightImport {
  readonly faults: readonly ImportFault[];
  /** What is told and stops nothing. */
  readonly notes: readonly string[];
  readonly fits: readonly ComponentFit[];
  /** Null where the files do not agree on one. */
  readonly model: ImportedModel | null;
  /** Null where there is no training_state.json that can be read. */
  readonly position: RunPosition | null;
  /** Empty where something is at fault. */
  readonly files: readonly ExportedFile[];
  /** Absolute path; null where none was found. */
  readonly tokenizer: string | null;
}

/**
 * Checks names and shapes by the headers, then the numbers, then writes the folder, which appears whole.
 *
 * @throws {UsageError} where a path does not exist
 * @throws {Deno.errors.AlreadyExists} where the target exists
 */
export async function importWeights(
  options: ImportOptions,
): Promise<WeightImport> {
  const found = await foreignFiles(options.paths);
  const faults = [...found.faults];
  if (found.files.length === 0 && faults.length === 0) {
    faults.push(noWeights(options.paths));
  }
  const notes = [...found.leftOut];
  const position = found.state === null
    ? null
    : parseRunPosition(await Deno.readTextFile(found.state));
  if (found.state !== null && position === null) {
    notes.push(
      `${
        basename(found.state)
      }: no JSON object; where the run stood is not known`,
    );
  }
  const { fits, model } = fitAll(found.files, options.strict, faults, notes);
  const nothing = { fits, model, position, files: [], tokenizer: null };
  const tokenizer = found.tokenizer === null
    ? null
    : await Deno.readTextFile(found.tokenizer);
  if (tokenizer !== null) {
    faults.push(...tokenizerFaults(found.tokenizer!, tokenizer, model));
  }
  if (faults.length > 0 || model === null) return { ...nothing, faults, notes };
  const content = await readForeignArrays(found.files, fits);
  faults.push(...content.faults);
  if (faults.length > 0) return { ...nothing, faults, notes };
  const files = await writeExchangeFiles(options.to, {
    arrays: content.arrays,
    metadata: (components) => metadataOf(found.files, components, content),
    tokenizer,
  });
  notes.push(...writtenNotes(found.files, tokenizer));
  return {
    ...nothing,
    faults,
    notes,
    files,
    tokenizer: tokenizer === null ? null : join(options.to, TOKENIZER_FILE),
  };
}

/** Compares all files as one model; what does not fit is added to `faults`, or to `notes` where that is asked for. */
function fitAll(
  files: readonly ForeignFile[],
  strict: boolean,
  faults: ImportFault[],
  notes: string[],
): Pick<WeightImport, "fits" | "model"> {
  const none = { fits: [], model: null };
  if (files.length === 0) return none;
  faults.push(...heldTwice(files));
  const components = BUILT_COMPONENTS.filter((component) =>
    files.some((file) => file.components.has(component))
  );
  if (components.length === 0) {
    faults.push({
      message: `Cannot import ${quoted(files)}: no name of FluxFlow's in ${
        files.length === 1 ? "it" : "them"
      }`,
      hint:
        "Names must start with diffuser., text_encoder. or D_img.; a finished step of fluxline goes out by `export`",
    });
    return none;
  }
  const origin = oneOrigin(files);
  if (origin === null) {
    faults.push({
      message: `Cannot import ${
        quoted(files)
      } together: they are of different variants or models`,
      hint: "Import the files of one model at a time",
    });
    return none;
  }
  const shapes = new Map(files.flatMap((file) => [...file.shapes]));
  const { sizes, disagreements } = inferSizes(shapes);
  const model = importedModel(origin, sizes, components);
  const impossible = model instanceof Array ? model : [];
  if (disagreements.length > 0 || impossible.length > 0) {
    faults.push({
      message: `Cannot import ${quoted(files)}: ${
        [...disagreements, ...impossible].join("; ")
      }`,
      hint: "Import the files of one model of FluxFlow's bezier family",
    });
  }
  if (model instanceof Array) return none;
  const held = { origin, shapes };
  const fits = components.map((component) =>
    componentFit(component, held, model.section)
  );
  const stray = files.flatMap((file) => file.stray);
  const lists = [
    ...fits.map((fit) => [fit.component, fit.missing, fit.unexpected] as const),
    ["no component", [], stray] as const,
  ];
  for (const [owner, missing, unexpected] of lists) {
    const clauses = [
      nameList("missing", missing),
      nameList("unexpected", unexpected),
    ].filter((clause) => clause !== "");
    if (clauses.length === 0) continue;
    const message = `Names of ${owner} do not fit: ${clauses.join("; ")}`;
    if (strict) {
      faults.push({
        message,
        hint:
          "Look for the whole files; --no-strict leaves unexpected names out and lets missing weights start anew",
      });
    } else notes.push(message);
  }
  for (const { component, misshapen } of fits) {
    if (misshapen.length === 0) continue;
    faults.push({
      message: `Shapes of ${component} do not fit: ${
        nameList("of another shape", misshapen)
      }`,
      hint: "Import the files of one model of FluxFlow's bezier family",
    });
  }
  return { fits, model };
}

function noWeights(paths: readonly string[]): ImportFault {
  return {
    message: `Cannot import ${
      paths.map((path) => `"${path}"`).join(", ")
    }: no weight file is among them`,
    hint: "Name FluxFlow's output folder, or its .safetensors files too",
  };
}

function heldTwice(files: readonly ForeignFile[]): ImportFault[] {
  return files.flatMap((file, index) => {
    const other = files.slice(0, index).find(({ shapes }) =>
      [...file.shapes.keys()].some((name) => shapes.has(name))
    );
    return other === undefined ? [] : [{
      message:
        `Cannot import both "${other.path}" and "${file.path}": they hold the same names`,
      hint: "Name one of them",
    }];
  });
}

/** Why the words of a text encoder cannot be read with a tokenizer. */
function tokenizerFaults(
  path: string,
  text: string,
  model: ImportedModel | null,
): ImportFault[] {
  const hint = "Put the tokenizer.json of the model's words in its place";
  try {
    const { vocabSize } = tokenizerFacts(text);
    const rows = model?.section.text_encoder.vocab_size ?? Infinity;
    return vocabSize <= rows ? [] : [{
      message:
        `Cannot import "${path}": it has ${vocabSize} tokens, and the text encoder knows ${rows}`,
      hint,
    }];
  } catch (error) {
    if (!(error instanceof StoredStateError)) throw error;
    return [{ message: `Cannot import "${path}": ${error.message}`, hint }];
  }
}

/** What all files say of themselves; null where they say different things. */
function oneOrigin(files: readonly ForeignFile[]): FileOrigin | null {
  const origins = files.filter(({ components }) => components.size > 0)
    .map(({ origin }) => origin);
  const [first, ...others] = origins;
  if (first === undefined) return null;
  const text = canonicalJson(first);
  return others.every((other) => canonicalJson(other) === text) ? first : null;
}

/** The source's own text, and which fluxline read which bytes. */
function metadataOf(
  files: readonly ForeignFile[],
  components: readonly Component[],
  { digests }: ForeignContent,
): Record<string, string> {
  const sources = files.filter((file) =>
    components.some((component) => file.components.has(component))
  );
  return {
    format: "pt",
    ...sources[0]?.metadata,
    imported_with: FLUXLINE_VERSION,
    imported_sha256: canonicalJson(
      Object.fromEntries(
        sources.map(({ path }) => [basename(path), digests.get(path)!]),
      ),
    ),
  };
}

function writtenNotes(
  files: readonly ForeignFile[],
  tokenizer: string | null,
): string[] {
  const hasText = files.some((file) => file.components.has("text_encoder"));
  return [
    ...files.flatMap(({ path, converted }) =>
      Object.entries(converted).map(([dtype, count]) =>
        `${basename(path)}: ${count} of ${dtype}, written as F32`
      )
    ),
    ...files.flatMap(({ buffers }) =>
      buffers.map((name) => `${name}: a buffer that nothing needs, left out`)
    ),
    ...(hasText && tokenizer === null
      ? [
        "No tokenizer.json: a step that starts the text encoder from here needs the one of its words. Put it into the folder, or name it in data.tokenizer_name; FluxFlow's default is that of distilbert-base-uncased",
      ]
      : []),
  ];
}

function quoted(files: readonly ForeignFile[]): string {
  return files.map(({ path }) => `"${path}"`).join(", ");
}
