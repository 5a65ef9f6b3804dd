// Pipeline files as FluxFlow's users write them, from plain values, and what becomes of their train steps.
import { stringify } from "yaml";
import type { TrainStep } from "../../lib/catalog/pipeline.ts";
import { loadedFrom, refusalsOf } from "../config/refusals.ts";

/** A step that trains the VAE. */
export const VAE = { name: "vae", n_epochs: 10, train_vae: true };

/** A transition that watches a loss. */
export const WATCHED = {
  mode: "loss_threshold",
  metric: "vae_loss",
  threshold: 0.015,
  max_epochs: 50,
};

/** A file of these steps, with data that every step can use. */
export function textOf(
  steps: readonly unknown[],
  pipeline: object = {},
): string {
  return stringify({
    data: { data_path: "pictures", captions_file: "captions.tsv" },
    training: { pipeline: { ...pipeline, steps } },
  });
}

/** The train steps of a file that has no errors. */
export async function stepsOf(text: string): Promise<TrainStep[]> {
  const { steps } = await loadedFrom(text);
  return steps.filter((step): step is TrainStep => step.task === "train");
}

/** The only step of a file: {@linkcode VAE} with these keys. */
export async function onlyStep(keys: object): Promise<TrainStep> {
  const [first] = await stepsOf(textOf([{ ...VAE, ...keys }]));
  return first!;
}

/** What is said against a file of these steps, all of it in one text. */
export async function messagesOf(...steps: readonly object[]): Promise<string> {
  return (await refusalsOf(textOf(steps))).join("\n");
}
