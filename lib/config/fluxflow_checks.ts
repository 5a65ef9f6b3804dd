// Where training under `variant: fluxflow` is not the original's to the letter: said before it starts, with what to write.
import type { Step, TrainStep } from "../catalog/pipeline.ts";
import { isSpadeStep } from "../catalog/training_mode.ts";
import { isNull, locate } from "../source/located_tree.ts";
import type { Report } from "./report.ts";
import { placeIn, type StepDraft } from "./step_drafts.ts";

/** Warns of what the original derives from the whole run, switches on by itself, or leaves without effect. */
export function checkFluxflowTraining(
  steps: readonly Step[],
  drafts: readonly StepDraft[],
  report: Report,
): void {
  const trained = steps.filter((step): step is TrainStep =>
    step.task === "train"
  );
  for (const step of trained) {
    const draft = drafts.find(({ name }) => name === step.name);
    if (draft === undefined) continue;
    if (step.gan_training) warnOfNoise(draft, report);
    if (isSpadeStep(step)) warnOfSpadeStep(draft, report);
    if (!step.trains.includes("compressor")) continue;
    warnOfWeights(step, draft, report);
    warnOfWarmUp(step, { draft, isFirst: step === trained[0] }, report);
  }
}

/** The noise is part of FluxFlow's options and, there, of nothing else. */
function warnOfNoise(draft: StepDraft, report: Report): void {
  for (const key of ["instance_noise_std", "instance_noise_decay"]) {
    const written = locate(draft.own, [key]);
    if (written === undefined || isNull(written)) continue;
    report.warning(
      written.place,
      `"${key}" has no effect in ${draft.where} under variant fluxflow: the original never adds the noise`,
      'Leave it out, or write "model.variant: fluxline"',
    );
  }
}

/** Such a step is made to do what its name says, as everything is that decides what trains. */
function warnOfSpadeStep(draft: StepDraft, report: Report): void {
  report.warning(
    placeIn(draft, "train_spade"),
    `${
      draft.where[0]!.toUpperCase() + draft.where.slice(1)
    } trains SPADE's weights to reconstruct; the original would train the divergence alone, and no weight of SPADE`,
  );
}

function warnOfWeights(
  step: TrainStep,
  draft: StepDraft,
  report: Report,
): void {
  const written = locate(draft.merged, ["adaptive_weights"]);
  if (step.adaptive_weights || (written !== undefined && !isNull(written))) {
    return;
  }
  report.warning(
    placeIn(draft),
    `The losses of ${draft.where} keep their weights; the original balances them by their averages where nothing is written`,
    'Write "adaptive_weights: false", which means the same in both',
  );
}

function warnOfWarmUp(
  step: TrainStep,
  { draft, isFirst }: { readonly draft: StepDraft; readonly isFirst: boolean },
  report: Report,
): void {
  if (isFirst || step.kl_warmup_steps <= 0 || step.kl_beta === 0) return;
  report.warning(
    placeIn(draft),
    `The warm-up of the divergence in ${draft.where} counts from the start of the step; the original counts from the start of the run`,
    'Write "kl_warmup_steps: 0" for the full weight from the start',
  );
}
