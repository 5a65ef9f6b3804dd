// Opens what a step works on: a model with the weights of an earlier step, a dataset, a tokenizer. One way for every task.
import { join } from "node:path";
import type { Component } from "../catalog/component.ts";
import { StepFailure, StoredStateError } from "../error/failure.ts";
import {
  hasAverage,
  readCurrent,
  readTensors,
} from "../checkpoint/load_checkpoint.ts";
import type { VerifiedGeneration } from "../checkpoint/generation.ts";
import { loadTokenizer, type Tokenizer } from "../data/tokenizer.ts";
import { buildModel, type FluxModel } from "../models/flux_model.ts";
import type { ModelOptions } from "../blueprint/model_options.ts";
import type { StoredArray } from "../blueprint/parameter_spec.ts";
import type { StepRequest } from "../store/step_request.ts";
import type { TextOptions } from "../train/text_source.ts";
import { modelOptionsFrom } from "../blueprint/section_options.ts";

/** Tokenizer that a flow step was trained with, inside its folder. */
export const TOKENIZER_FILE = "tokenizer.json";

/** Which weights a model is opened with. */
export interface StepModelOptions {
  /** Absolute folder of the step that holds them; null for fresh ones. */
  readonly weightsFrom: string | null;
  /** `ema` takes the averages where the step kept some, and the last weights for the rest. */
  readonly weights: "ema" | "raw";
  readonly components: readonly Component[];
}

/**
 * Builds the pipeline's model with another step's weights; the caller disposes it.
 *
 * @throws {StoredStateError} when the weights do not verify, are of the other variant, or do not fit the model section.
 */
export async function openStepModel(
  request: StepRequest,
  options: StepModelOptions,
): Promise<FluxModel> {
  const { components, weightsFrom, weights } = options;
  const model = buildModel(modelOptionsFrom(request.model), {
    components,
    seed: request.seed,
  });
  if (weightsFrom === null) return model;
  try {
    await loadComponents(model, weightsFrom, components, weights);
    return model;
  } catch (error) {
    model[Symbol.dispose]();
    throw error;
  }
}

/** Replaces the weights of `components` with those of the step in `folder`. */
export async function loadComponents(
  model: FluxModel,
  folder: string,
  components: readonly Component[],
  weights: "ema" | "raw",
): Promise<void> {
  const verified = await readCurrent(folder);
  refuseOtherVariant(model.options, verified);
  const stored = await readTensors(verified, "weights");
  const merged: Map<string, StoredArray> =
    weights === "ema" && hasAverage(verified)
      ? new Map([...stored, ...await readTensors(verified, "average")])
      : stored;
  model.parameters.load(merged, components);
}

/** @throws {StepFailure} when a side is no multiple of what the compressor needs. */
export function refuseOddSides(
  options: ModelOptions,
  picture: {
    readonly place: string;
    readonly height: number;
    readonly width: number;
  },
): void {
  const multiple = 2 ** options.downscales;
  const { place, height, width } = picture;
  if (height % multiple === 0 && width % multiple === 0) return;
  throw new StepFailure(
    `Cannot use pictures of ${place}: they are ${width}x${height}, wanted sides that are multiples of ${multiple}`,
    {
      hint:
        `Set \`data.img_size\` to a multiple of ${multiple}, or \`model.downscales\` to a smaller number`,
    },
  );
}

/** The tokenizer beside a flow step's weights, as the flow was trained with it. */
export async function openStepText(
  folder: string,
  request: StepRequest,
): Promise<TextOptions> {
  const path = join(folder, TOKENIZER_FILE);
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new StoredStateError(`Cannot read captions: "${path}" is missing`, {
      cause: error,
      hint: "Redo the step that trained the flow with `--force`",
    });
  }
  return textOptions(loadTokenizer(parseTokenizer(text, path)), request);
}

/**
 * Settings of captions, which the pipeline's `data` section holds.
 *
 * @throws {StepFailure} when captions may be longer than the text encoder has places for.
 */
export function textOptions(
  tokenizer: Tokenizer,
  request: StepRequest,
): TextOptions {
  const { max_tokens, fixed_prompt_prefix } = request.data;
  const { max_positions } = request.model.text_encoder;
  if (max_tokens <= max_positions) {
    return { tokenizer, maxTokens: max_tokens, prefix: fixed_prompt_prefix };
  }
  throw new StepFailure(
    `Cannot read captions: "data.max_tokens" is ${max_tokens}, but "model.text_encoder.max_positions" is ${max_positions}`,
    { hint: `Set \`data.max_tokens\` to ${max_positions} or less` },
  );
}

/** @throws {StoredStateError} when the text is no JSON. */
export function parseTokenizer(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new StoredStateError(
      `Cannot read tokenizer "${path}": it is no JSON`,
      { cause: error },
    );
  }
}

function refuseOtherVariant(
  options: ModelOptions,
  verified: VerifiedGeneration,
): void {
  const { variant } = verified.state;
  if (variant === options.variant) return;
  throw new StoredStateError(
    `Cannot load weights of variant "${variant}" from "${verified.folder}" into a model of variant "${options.variant}"`,
    {
      hint:
        `Set \`model.variant: ${variant}\`, or train the step that made them with \`variant: ${options.variant}\``,
    },
  );
}
