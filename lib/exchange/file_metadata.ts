// What an exported file says of itself: text by name in the header, the same for the same weights, whenever it is written.
import type { ModelSection } from "../catalog/pipeline.ts";
import type { Variant } from "../blueprint/model_options.ts";
import type { Component } from "../blueprint/parameter_spec.ts";
import { canonicalJson } from "../disk/canonical_json.ts";
import { StoredStateError } from "../error/failure.ts";

/** Version of fluxline, as deno.json has it. */
export const FLUXLINE_VERSION = "0.1.0";
/** Version of the names below; a file of any other is refused. */
export const FORMAT_VERSION = "1";

/** Where exported weights come from. */
export interface ExportOrigin {
  readonly model: ModelSection;
  readonly run: string;
  readonly step: string;
  readonly key: string;
  readonly globalStep: number;
  readonly weights: "ema" | "raw";
  /** Whether the expander was trained with its context. */
  readonly spade: boolean;
  /** SHA-256 of the checkpoint files that were read, by name. */
  readonly source: Readonly<Record<string, string>>;
}

/** What a file tells about how to use its weights. */
export interface FileOrigin {
  readonly variant: Variant;
  /** Whether the expander was trained with its context; FluxFlow samples with it. */
  readonly spade: boolean;
  /** The `model` section that fluxline wrote; null in files of other programs. */
  readonly model: Readonly<Record<string, unknown>> | null;
}

/** Options that change neither a weight nor what is computed with it. */
const IDLE_OPTIONS = [
  "use_gradient_checkpointing",
  "feature_maps_dim_disc",
  "pretrained_bert_model",
];

/** Sizes of the discriminator alone. */
const DISCRIMINATOR_OPTIONS = ["disc_base", "disc_depth"];

/** The header's text for a file with these of our own names added. */
export function exportMetadata(
  origin: ExportOrigin,
  added: readonly string[],
): Record<string, string> {
  return {
    format: "pt",
    format_version: FORMAT_VERSION,
    fluxline_version: FLUXLINE_VERSION,
    variant: origin.model.variant,
    model: canonicalJson(origin.model),
    run: origin.run,
    step: origin.step,
    key: origin.key,
    global_step: String(origin.globalStep),
    weights: origin.weights,
    spade: String(origin.spade),
    source_sha256: canonicalJson(origin.source),
    added: canonicalJson([...added]),
  };
}

/**
 * Reads what {@linkcode exportMetadata} wrote. A file without fluxline's version is one of FluxFlow's.
 *
 * @throws {StoredStateError} when the text is of a format that this version does not know.
 */
export function readOrigin(
  metadata: Readonly<Record<string, string>>,
): FileOrigin {
  if (metadata["fluxline_version"] === undefined) {
    return { variant: "fluxflow", spade: true, model: null };
  }
  const { format_version: format, variant } = metadata;
  if (format !== FORMAT_VERSION) {
    throw new StoredStateError(
      `Cannot read the metadata: found format version ${
        JSON.stringify(format ?? null)
      }, wanted "${FORMAT_VERSION}"`,
      { hint: "Use the fluxline version that wrote the file" },
    );
  }
  if (variant !== "fluxline" && variant !== "fluxflow") {
    throw new StoredStateError(
      `Cannot read the metadata: found variant ${
        JSON.stringify(variant ?? null)
      }, wanted "fluxline" or "fluxflow"`,
    );
  }
  return {
    variant,
    spade: metadata["spade"] !== "false",
    model: parseModel(metadata["model"]),
  };
}

/** Options in which the model of a file with `components` and the pipeline's differ, each as one clause. */
export function modelDifferences(
  found: Readonly<Record<string, unknown>>,
  wanted: ModelSection,
  components: readonly Component[],
): string[] {
  const idle = components.includes("discriminator")
    ? IDLE_OPTIONS
    : [...IDLE_OPTIONS, ...DISCRIMINATOR_OPTIONS];
  return Object.entries(wanted).flatMap(([key, value]) => {
    if (idle.includes(key) || !(key in found)) return [];
    const [was, is] = [canonicalJson(found[key]), canonicalJson(value)];
    return was === is ? [] : [`"model.${key}" is ${was} there and ${is} here`];
  });
}

function parseModel(
  text: string | undefined,
): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    return typeof value === "object" && !Array.isArray(value)
      ? value as Record<string, unknown> | null
      : null;
  } catch {
    throw new StoredStateError('Cannot read the metadata: "model" is no JSON');
  }
}
