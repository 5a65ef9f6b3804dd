// How a train step begins when it has no checkpoint of its own: weights, optimizer state and averages of earlier steps.
import { join } from "node:path";
import type { Component } from "../catalog/component.ts";
import type { TrainStep } from "../catalog/pipeline.ts";
import {
  hasAverage,
  readCurrent,
  readTensors,
} from "../checkpoint/load_checkpoint.ts";
import { buildWordTokenizer, loadTokenizer } from "../data/tokenizer.ts";
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import type { FluxModel } from "../models/flux_model.ts";
import { readPlannedBytes } from "../exchange/read_weights.ts";
import type { ParameterGroup } from "../train/parameter_group.ts";
import { promptOf, type TextOptions } from "../train/text_source.ts";
import type { WeightAverage } from "../train/weight_average.ts";
import { loadFileWeights } from "./file_weights.ts";
import {
  loadComponents,
  openStepText,
  parseTokenizer,
  textOptions,
  TOKENIZER_FILE,
} from "./open_step.ts";
import type { StepContext } from "./step_context.ts";

/**
 * Loads the last weights of each component from the step that `init_from` names, or from the files of `model_checkpoint`. Last, not averaged: the step goes on from
 * where that one stood, and a component that stays frozen is bit for bit what that step's folder holds.
 */
export async function loadInitialWeights(
  context: StepContext,
  step: TrainStep,
  model: FluxModel,
): Promise<void> {
  for (const [parent, components] of componentsByParent(step)) {
    await loadComponents(
      model,
      inputFolder(context, parent),
      components,
      "raw",
    );
    context.log(`weights of ${components.join(", ")} from step "${parent}"`);
  }
  await loadFileWeights(model, context.request, (text) => context.log(text));
}

/** Takes over what `carry` asks for; the rest starts anew. */
export async function carryOver(
  context: StepContext,
  step: TrainStep,
  parts: {
    readonly groups: readonly ParameterGroup[];
    readonly average: WeightAverage | null;
  },
): Promise<void> {
  for (const parent of componentsByParent(step).keys()) {
    const verified = await readCurrent(inputFolder(context, parent));
    if (
      step.carry.ema === "carry" && parts.average !== null &&
      hasAverage(verified)
    ) {
      const updates = verified.state.average?.updates ?? 0;
      parts.average.restore(await readTensors(verified, "average"), updates);
      context.log(`averages of step "${parent}" carried on`);
    }
    if (step.carry.optimizer !== "carry") continue;
    const tensors = await readTensors(verified, "optimizer");
    for (const group of parts.groups) {
      const counts = verified.state.optimizers[group.name];
      if (counts === undefined) continue;
      const count = group.carry({ counts, tensors });
      context.log(
        `optimizer "${group.name}" of step "${parent}" carried on for ${count} of ${group.variables.size} weights`,
      );
    }
  }
}

/**
 * The tokenizer of a flow step: that of the step or the file whose text encoder it starts from, else one made of the captions. It is
 * written beside the checkpoints, since the weights mean nothing without it.
 */
export async function openTrainText(
  context: StepContext,
  step: TrainStep,
  captions: readonly string[],
): Promise<TextOptions> {
  const { request } = context;
  const parent = step.init_from.text_encoder;
  if (parent !== undefined) {
    const folder = inputFolder(context, parent);
    const text = await openStepText(folder, request);
    const file = JSON.parse(
      await Deno.readTextFile(join(folder, TOKENIZER_FILE)),
    );
    await writeJsonAtomically(join(context.folder, TOKENIZER_FILE), file);
    return text;
  }
  const given = request.weight_files?.tokenizer ??
    request.text_files?.tokenizer ?? null;
  if (given !== null) {
    const bytes = await readPlannedBytes(given);
    const text = new TextDecoder().decode(bytes);
    const file = parseTokenizer(text, given.path);
    await writeJsonAtomically(join(context.folder, TOKENIZER_FILE), file);
    return textOptions(loadTokenizer(file), request);
  }
  const { fixed_prompt_prefix } = request.data;
  const prompts = captions.map((caption) =>
    promptOf(caption, fixed_prompt_prefix)
  );
  const file = buildWordTokenizer(
    prompts,
    request.model.text_encoder.vocab_size,
  );
  await writeJsonAtomically(join(context.folder, TOKENIZER_FILE), file);
  return textOptions(loadTokenizer(file), request);
}

function componentsByParent(step: TrainStep): Map<string, Component[]> {
  const byParent = new Map<string, Component[]>();
  for (const component of step.components) {
    const parent = step.init_from[component];
    if (parent === undefined) continue;
    byParent.set(parent, [...byParent.get(parent) ?? [], component]);
  }
  return byParent;
}

function inputFolder(context: StepContext, step: string): string {
  const folder = context.inputs[step];
  if (folder === undefined) {
    throw new RangeError(`The request has no folder of step "${step}"`);
  }
  return folder;
}
