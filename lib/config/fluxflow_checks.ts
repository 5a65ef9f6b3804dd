// Where training under `variant: fluxflow` is not the original's to the letter: said before it starts, with what to write.
import type { Step, TrainStep } from "../catalog/pipeline.ts";
import { isNull, locate } from "../source/located_tree.ts";
import type { Report } from "./report.ts";
import { placeIn, type StepDraft } from "./step_drafts.ts";

/** Refuses a discriminator, and warns of the two things that the original derives from the whole run, or switches on by itself. */
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
    if (step.gan_training) refuseDiscriminator(draft, report);
    if (!step.trains.includes("compressor")) continue;
    warnOfWeights(step, draft, report);
    warnOfWarmUp(step, { draft, isFirst: step === trained[0] }, report);
  }
}

function refuseDiscriminator(draft: StepDraft, report: Report): void {
  report.error(
    placeIn(draft, "gan_training"),
    `Cannot use "gan_training: true" in ${draft.where} under variant fluxflow: this version trains against a discriminator in its own arithmetic alone`,
    'Write "model.variant: fluxline", or "gan_training: false"',
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
