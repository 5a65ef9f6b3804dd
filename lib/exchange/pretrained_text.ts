// DistilBERT's files as the Hugging Face libraries write them: what their names become in the text encoder, and whether they fit it.
import { modelSpecs } from "../blueprint/model_specs.ts";
import type { StoredArray } from "../blueprint/parameter_spec.ts";
import { modelOptionsFrom } from "../blueprint/section_options.ts";
import type { ModelSection } from "../catalog/pipeline.ts";
import { StoredStateError } from "../error/failure.ts";
import { isFloat, readFloats } from "../format/float_arrays.ts";
import { decodeHeader } from "../format/safetensors_header.ts";
import { isRecord } from "../json/record.ts";
import { nameList } from "./name_list.ts";
import { readHeader } from "./read_header.ts";

/** The part of the text encoder that a pretrained model fills; its head is the pipeline's own. */
export const LANGUAGE_MODEL = "text_encoder.language_model.";
/** Files of a pretrained model. */
export const PRETRAINED_FILES = {
  weights: "model.safetensors",
  config: "config.json",
} as const;

/** What names begin with in files of models with a head for another task. */
const WRAPPER = "distilbert.";
const OWN_PARTS = ["embeddings.", "transformer."];
/** A buffer that old versions stored: the numbers from 0 up. */
const POSITION_IDS = "embeddings.position_ids";

/** Keys of config.json and what they are called here. */
const SIZES = {
  vocab_size: "vocab_size",
  dim: "dim",
  n_layers: "layers",
  n_heads: "heads",
  hidden_dim: "hidden_dim",
  max_position_embeddings: "max_positions",
} as const;

/** Our name of an array in a file; null for what belongs to a head of another task. */
export function languageModelName(foreign: string): string | null {
  const name = foreign.startsWith(WRAPPER)
    ? foreign.slice(WRAPPER.length)
    : foreign;
  const isOwn = OWN_PARTS.some((part) => name.startsWith(part)) &&
    name !== POSITION_IDS;
  return isOwn ? LANGUAGE_MODEL + name : null;
}

/** How a pretrained model fits. */
export interface PretrainedFit {
  /** Clauses; empty where it fits. */
  readonly faults: readonly string[];
  /** What to write into `model.text_encoder` where sizes differ; null where they do not. */
  readonly section: string | null;
  /** Names in the file that nothing here takes. */
  readonly passedOver: readonly string[];
}

/**
 * Compares a model's files, by config and header, with the text encoder of a pipeline.
 *
 * @throws {StoredStateError} when one of them cannot be understood
 */
export async function pretrainedFit(
  paths: { readonly weights: string; readonly config: string },
  model: ModelSection,
): Promise<PretrainedFit> {
  const config = parseConfig(await Deno.readTextFile(paths.config));
  const type = config.model_type;
  if (type !== "distilbert") {
    throw new StoredStateError(
      `its config.json is of model_type ${
        JSON.stringify(type ?? null)
      }, wanted "distilbert"`,
      { hint: "The text encoder has the layout of DistilBERT and no other" },
    );
  }
  const differing = Object.entries(SIZES).flatMap(([theirs, ours]) => {
    const [was, is] = [
      config[theirs],
      model.text_encoder[ours as keyof ModelSection["text_encoder"]],
    ];
    return was === undefined || was === is ? [] : [
      `"model.text_encoder.${ours}" is ${
        JSON.stringify(was)
      } there and ${is} here`,
    ];
  });
  const activation = config.activation ?? "gelu";
  const { claims } = await readHeader(paths.weights);
  const shapes = new Map<string, string>();
  const passedOver: string[] = [];
  for (const { name, shape, dtype } of claims) {
    const own = languageModelName(name);
    if (own === null || !isFloat(dtype)) passedOver.push(name);
    else shapes.set(own, shape.join());
  }
  const wanted = languageModelShapes(model);
  const missing = [...wanted.keys()].filter((name) => !shapes.has(name));
  const unexpected = [...shapes.keys()].filter((name) => !wanted.has(name));
  const misshapen = [...wanted].filter(([name, shape]) =>
    shapes.has(name) && shapes.get(name) !== shape
  ).map(([name, shape]) => `${name} [${shapes.get(name)}], wanted [${shape}]`);
  return {
    faults: [
      ...differing,
      ...(activation === "gelu"
        ? []
        : [`its activation is ${JSON.stringify(activation)}, wanted "gelu"`]),
      nameList("missing", missing),
      nameList("unexpected", unexpected),
      nameList("of another shape", differing.length > 0 ? [] : misshapen),
    ].filter((fault) => fault !== ""),
    section: differing.length === 0
      ? null
      : `text_encoder: { ${
        Object.entries(SIZES).map(([theirs, ours]) =>
          `${ours}: ${config[theirs]}`
        )
          .join(", ")
      } }`,
    passedOver,
  };
}

/** Arrays of the language model by our names, as 32-bit floats. @throws {StoredStateError} when the bytes are damaged */
export function decodePretrained(bytes: Uint8Array): Map<string, StoredArray> {
  const { claims, end } = decodeHeader(bytes, bytes.length);
  const block = bytes.subarray(end);
  const arrays = new Map<string, StoredArray>();
  for (const claim of claims) {
    const name = languageModelName(claim.name);
    if (name === null || !isFloat(claim.dtype)) continue;
    arrays.set(name, { shape: claim.shape, data: readFloats(block, claim) });
  }
  return arrays;
}

function languageModelShapes(model: ModelSection): Map<string, string> {
  const specs = modelSpecs(modelOptionsFrom(model), {
    components: ["text_encoder"],
    seed: 0,
  });
  return new Map(
    specs.filter(({ name }) => name.startsWith(LANGUAGE_MODEL))
      .map(({ name, shape }) => [name, shape.join()]),
  );
}

function parseConfig(text: string): Record<string, unknown> {
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (cause) {
    throw new StoredStateError("its config.json is no JSON", { cause });
  }
  if (isRecord(config)) return config;
  throw new StoredStateError("its config.json is no object");
}
