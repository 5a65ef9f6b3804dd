// Optimizers and schedulers of a train step: whether they train something, and what the step does not say about them.
import * as v from "valibot";
import { type Component, componentOf } from "../catalog/component.ts";
import type { AutomaticOptimizers } from "../catalog/automatic_optimizers.ts";
import {
  AUTOMATIC_LR,
  OPTIMIZER_OPTIONS,
} from "../catalog/optimizer_options.ts";
import type { OptimizerEntry, SchedulerEntry } from "../catalog/pipeline.ts";
import {
  SCHEDULERS,
  TEXT_ENCODER_FLOOR,
} from "../catalog/scheduler_options.ts";
import {
  OPTIMIZER_NAMES,
  type OptimizerName,
} from "../catalog/step_options.ts";
import { isSpadeStep } from "../catalog/training_mode.ts";
import { keyPlaceOf, locate, type Located } from "../source/located_tree.ts";
import { didYouMean } from "../source/suggestion.ts";
import type { Report } from "./report.ts";
import { placeIn, type StepDraft, type StepOptions } from "./step_drafts.ts";

type TrainOptions = Extract<StepOptions, { task: "train" }>["options"];

/** Components that each optimizer trains. */
export const OPTIMIZED: Readonly<Record<OptimizerName, readonly Component[]>> =
  {
    vae: ["compressor", "expander"],
    flow: ["flow_processor"],
    text_encoder: ["text_encoder"],
    discriminator: ["discriminator"],
  };

/** The flags that ask for each optimizer; the text encoder is asked for by its optimizer. */
export const FLAGS: Readonly<
  Record<OptimizerName, readonly (keyof TrainOptions)[]>
> = {
  vae: ["train_vae", "gan_training"],
  flow: ["train_diff", "train_diff_full"],
  text_encoder: [],
  discriminator: ["gan_training"],
};

/** The flag, or the optimizer, because of which a component is trained. */
export function flagFor(component: Component, options: TrainOptions): string {
  const name = OPTIMIZER_NAMES.find((optimizer) =>
    OPTIMIZED[optimizer].includes(component)
  )!;
  const flag = FLAGS[name].find((flag) => options[flag] === true) ??
    (name === "vae" && isSpadeStep(options) ? "train_spade" : undefined);
  return flag === undefined ? `optimizer "${name}"` : `"${flag}: true"`;
}

/** Reports optimizers or schedulers of networks that do not exist, and tells whether all do: the original skipped them and trained nothing. */
export function checkNetworkNames(
  written: Located | undefined,
  { key, where }: { readonly key: string; readonly where: string },
  report: Report,
): boolean {
  if (written?.kind !== "map") return true;
  let areKnown = true;
  for (const [name, { key: place }] of written.entries) {
    if (OPTIMIZER_NAMES.some((known) => known === name)) continue;
    areKnown = false;
    const component = componentOf(name);
    const meant = OPTIMIZER_NAMES.find((known) =>
      component !== undefined && OPTIMIZED[known].includes(component)
    );
    const guess = meant === undefined
      ? didYouMean(name, OPTIMIZER_NAMES)
      : `, did you mean "${meant}"?`;
    report.error(
      place,
      `Cannot read ${where}: "${key}" has no network "${name}"${guess}`,
      `Networks are ${
        OPTIMIZER_NAMES.join(", ")
      }; vae is compressor and expander together`,
    );
  }
  return areKnown;
}

/** Options, and the networks that the step trains. */
export interface OptimizerPlan {
  readonly options: TrainOptions;
  readonly active: readonly OptimizerName[];
}

/** Reports trained networks without an optimizer, and optimizers without a trained network. */
export function checkOptimizers(
  draft: StepDraft,
  plan: OptimizerPlan,
  report: Report,
): void {
  const { options, active } = plan;
  const { optimizers } = options.optimization;
  const isConfigured = Object.keys(optimizers).length > 0;
  for (const name of OPTIMIZER_NAMES) {
    if (!active.includes(name)) reportUnused(draft, name, options, report);
    else if (
      isConfigured && !draft.automatic.fillsGaps &&
      writtenOptimizer(name, draft, options) === undefined
    ) {
      report.error(
        placeIn(draft, "optimization", "optimizers"),
        `Cannot train with ${
          flagFor(OPTIMIZED[name][0]!, options)
        } in ${draft.where}: its optimizer "${name}" is missing`,
        `Add "${name}" to "optimization.optimizers", or leave all of them out for AdamW`,
      );
    }
  }
  if (active.length > 0 && !isConfigured && options.lr === null) {
    report.warning(
      placeIn(draft),
      `The learning rate of ${draft.where} is FluxFlow's automatic one, ${AUTOMATIC_LR}, which hardly learns`,
      'Write "lr" into the step, "defaults" or "training"',
    );
  }
  for (const [name, entry] of Object.entries(optimizers)) {
    if (
      entry.type !== "SGD" || !entry.nesterov ||
      (entry.momentum > 0 && entry.dampening === 0)
    ) continue;
    report.error(
      placeIn(draft, "optimization", "optimizers", name, "nesterov"),
      `Cannot use "nesterov" in ${draft.where}: it wants a momentum above 0 and no dampening`,
    );
  }
}

/** What `defaults` offer to every step may go unused; what a step itself says may not. */
function reportUnused(
  draft: StepDraft,
  name: OptimizerName,
  options: TrainOptions,
  report: Report,
): void {
  const switchOn = FLAGS[name].length > 0
    ? `, or write "${FLAGS[name][0]}: true"`
    : "";
  for (const kind of ["optimizers", "schedulers"] as const) {
    const path = ["optimization", kind, name];
    if (
      options.optimization[kind][name] === undefined ||
      locate(draft.own, path) === undefined
    ) continue;
    report.error(
      keyPlaceOf(draft.own, path),
      `Cannot use the ${
        kind.slice(0, -1)
      } "${name}" in ${draft.where}: the step trains nothing with it`,
      name === "text_encoder"
        ? "Take it out, or train the flow processor and leave the text encoder out of freeze"
        : `Take it out${switchOn}`,
    );
  }
}

/** What a step writes for a network; a discriminator without an entry takes its generator's in a pipeline, as in FluxFlow. */
function writtenOptimizer(
  name: OptimizerName,
  { automatic }: StepDraft,
  { optimization: { optimizers } }: TrainOptions,
): TrainOptions["optimization"]["optimizers"][string] | undefined {
  return optimizers[name] ??
    (name === "discriminator" && !automatic.fillsGaps
      ? optimizers.vae
      : undefined);
}

/** The optimizer of a trained network: as written, else FluxFlow's automatic one. */
export function optimizerEntry(
  name: OptimizerName,
  draft: StepDraft,
  options: TrainOptions,
): OptimizerEntry {
  const { automatic } = draft;
  const written = writtenOptimizer(name, draft, options);
  const entry = written ?? v.parse(OPTIMIZER_OPTIONS, automatic.entries[name]);
  const unnamed = written === undefined ? AUTOMATIC_LR : automatic.unnamedRate;
  return {
    ...entry,
    lr: entry.lr ?? inheritedRate(name, automatic, options) ?? unnamed *
        (name === "text_encoder" ? automatic.textRateShare : 1),
  };
}

/** The rate of an optimizer that names none: the step's, which in a legacy file the VAE's own rate is for its discriminator. */
function inheritedRate(
  name: OptimizerName,
  { fillsGaps, textRateShare }: AutomaticOptimizers,
  { lr, optimization: { optimizers } }: TrainOptions,
): number | null {
  if (fillsGaps && name === "discriminator") {
    return optimizers.vae?.lr ?? lr;
  }
  return lr !== null && name === "text_encoder" ? lr * textRateShare : lr;
}

/** The scheduler of a trained network: as written, else a cosine over the step. */
export function schedulerEntry(
  name: OptimizerName,
  draft: StepDraft,
  options: TrainOptions,
): SchedulerEntry {
  const own = options.optimization.schedulers[name];
  const written = own ?? v.parse(SCHEDULERS.CosineAnnealingLR, {});
  if (written.type !== "CosineAnnealingLR") return written;
  // A legacy file's written cosine takes lr_min for every network.
  const takesFloor = name !== "text_encoder" ||
    (own !== undefined && draft.automatic.fillsGaps);
  const floor = takesFloor ? options.lr_min : TEXT_ENCODER_FLOOR;
  return { ...written, eta_min_factor: written.eta_min_factor ?? floor };
}
