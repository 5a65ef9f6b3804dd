// A train step: what it trains, from whose weights, on which data.
import type {
  Component,
  TrainStep,
  WeightSources,
} from "../catalog/pipeline.ts";
import { isSpadeStep, reconstructs } from "../catalog/training_mode.ts";
import { updatesPerEpoch } from "../lr_schedulers/step_length.ts";
import { isNull, locate } from "../source/located_tree.ts";
import { resolveCheckpoint } from "./checkpoint_options.ts";
import { checkLpips } from "./lpips_checks.ts";
import type { Report } from "./report.ts";
import {
  baseOf,
  only,
  type OptionsOf,
  type ResolutionContext,
  withoutBase,
} from "./step_base.ts";
import { placeIn, type StepDraft } from "./step_drafts.ts";
import { resolveTraining, type Training } from "./trained_components.ts";
import {
  checkKeepBest,
  mostEpochs,
  resolveTransition,
} from "./transition_checks.ts";
import { refuseUnsupportedTraining } from "./unsupported.ts";
import { checkWarmUps } from "./warm_up_checks.ts";
import {
  componentsFromFiles,
  lineageAfter,
  resolveInitFrom,
  spadeOf,
} from "./weight_sources.ts";

/** What a train step's own keys decide; does not depend on other steps. */
export interface TrainPart {
  readonly training: Training;
  readonly transition: TrainStep["transition_on"] | undefined;
}

/** A train step and what its weights are. */
export interface TrainedStep {
  readonly step: TrainStep;
  readonly lineage: WeightSources;
}

/** Checks a train draft by itself, whether or not the graph can be ordered. */
export function resolveTrainPart(
  draft: StepDraft,
  report: Report,
): TrainPart | undefined {
  if (draft.checked?.task !== "train") return undefined;
  const { options } = draft.checked;
  refuseUnsupportedTraining(draft.merged, draft.where, report);
  checkKeepBest(draft, options, report);
  checkLpips(draft, options, report);
  return {
    training: resolveTraining(draft, options, report),
    transition: resolveTransition(draft, options, report),
  };
}

/** The train step of a draft, or undefined where something it refers to was refused. */
export function trainStep(
  draft: StepDraft,
  options: OptionsOf<"train">,
  { training, transition }: TrainPart,
  context: ResolutionContext,
): TrainedStep | undefined {
  const needs = context.graph.get(draft.name) ?? [];
  const init = resolveInitFrom(draft, options.init_from, needs, context);
  const used = only(init, training.components);
  const fromFiles = componentsFromFiles(training.components, {
    written: options.init_from,
    init,
    files: context.files,
  });
  checkOrigin(
    draft,
    options,
    { init: used, training, fromFiles },
    context.report,
  );
  checkGenerator(draft, options, { init: used, fromFiles }, context.report);
  const dataset = options.dataset ?? context.datasets.fallback;
  if (dataset === undefined || transition === undefined) return undefined;
  const entry = context.datasets.entries[dataset];
  const inheritsExpander = !training.trains.includes("expander");
  const step: TrainStep = {
    ...withoutBase(options),
    ...baseOf(draft, options, context, [used]),
    ...training,
    task: "train",
    dataset,
    // The step's own word counts before the dataset's, and the dataset's before what the step inherits.
    batch_size: says(draft, "batch_size")
      ? options.batch_size
      : entry?.batch_size ?? options.batch_size,
    workers: says(draft, "workers")
      ? options.workers
      : entry?.workers ?? options.workers,
    init_from: used,
    ...(fromFiles.length === 0 ? {} : { from_files: fromFiles }),
    ...(reconstructs(options) && options.use_lpips
      ? {}
      : { use_lpips: false, lpips_weights: null }),
    decode_spade: options.train_spade ||
      (inheritsExpander &&
        (fromFiles.includes("expander")
          ? context.files?.spade ?? true
          : spadeOf(init, context))),
    transition_on: transition,
    checkpoint: resolveCheckpoint(draft, context.checkpoints),
  };
  if (step.max_steps !== null) {
    const updates = mostEpochs(step) *
      updatesPerEpoch(step.max_steps, step.gradient_accumulation_steps);
    checkWarmUps(step, { updates, merged: draft.merged }, context.report);
  }
  const held = [...training.trains, ...fromFiles];
  return { step, lineage: lineageAfter(draft.name, held, init) };
}

function checkOrigin(
  draft: StepDraft,
  options: OptionsOf<"train">,
  { init, training, fromFiles }: {
    readonly init: WeightSources;
    readonly training: Training;
    readonly fromFiles: readonly Component[];
  },
  report: Report,
): void {
  const hasSource = training.trains.some((component) =>
    init[component] !== undefined
  );
  for (const key of ["optimizer", "ema"] as const) {
    if (options.carry[key] === "reset" || hasSource) continue;
    report.error(
      placeIn(draft, "carry", key),
      `Cannot carry the ${key} into ${draft.where}: no step before it trained the same components`,
      'Write "reset", or start from a step that trained them',
    );
  }
  const { trains } = training;
  if (
    trains.includes("flow_processor") && init.compressor === undefined &&
    !trains.includes("compressor") && !fromFiles.includes("compressor")
  ) {
    report.warning(
      placeIn(draft),
      `The flow processor of ${draft.where} learns the latents of a compressor that no step has trained`,
      "Train the VAE in a step before, and name it in init_from",
    );
  }
}

/** Neither a discriminator nor SPADE learns anything of use from pictures that are noise. */
function checkGenerator(
  draft: StepDraft,
  options: OptionsOf<"train">,
  { init, fromFiles }: {
    readonly init: WeightSources;
    readonly fromFiles: readonly Component[];
  },
  report: Report,
): void {
  if (init.expander !== undefined || fromFiles.includes("expander")) return;
  if (isSpadeStep(options)) {
    report.warning(
      placeIn(draft, "train_spade"),
      `Only SPADE's weights are trained in ${draft.where}, inside an expander that no step has trained`,
      'Train the VAE in a step before and name it in init_from, or write "train_vae: true"',
    );
    return;
  }
  if (!options.gan_training || options.train_vae) return;
  report.warning(
    placeIn(draft, "gan_training"),
    `The discriminator of ${draft.where} judges the pictures of an expander that no step has trained`,
    'Train the VAE in a step before and name it in init_from, or write "train_vae: true"',
  );
}

function says(draft: StepDraft, key: string): boolean {
  const value = locate(draft.own, [key]);
  return value !== undefined && !isNull(value);
}
