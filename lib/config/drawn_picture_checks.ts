// How pictures shall be drawn, against what the model can make: their sizes, and the steps of the sampler.
import type { ModelSection } from "../catalog/model_section.ts";
import type { OutputSection } from "../catalog/output_section.ts";
import type { Step } from "../catalog/pipeline.ts";
import { sidesOf, sizeFault } from "../catalog/picture_size.ts";
import { type LocatedMap, placeOf } from "../source/located_tree.ts";
import type { Report } from "./report.ts";
import { placeIn, type StepDraft } from "./step_drafts.ts";

/** Reports sizes of generate steps and samples that the model's halvings do not divide, and more steps than the diffusion has times. */
export function checkDrawnPictures(
  { steps, drafts, model, output, document }: {
    readonly steps: readonly Step[];
    readonly drafts: readonly StepDraft[];
    readonly model: ModelSection;
    readonly output: OutputSection;
    readonly document: LocatedMap;
  },
  report: Report,
): void {
  const draftOf = new Map(
    drafts.toReversed().map((draft) => [draft.name, draft]),
  );
  checkSamplerSteps(steps, draftOf, model.num_train_timesteps, report);
  for (const step of steps) {
    if (step.task !== "generate" || step.size === null) continue;
    const fault = sizeFault(sidesOf(step.size), model.downscales);
    const draft = draftOf.get(step.name);
    if (fault === null || draft === undefined) continue;
    report.error(
      placeIn(draft, "size"),
      `Cannot draw pictures of this size in ${draft.where}: ${fault.reason}`,
      fault.hint,
    );
  }
  for (const [index, size] of (output.sample_sizes ?? []).entries()) {
    const fault = sizeFault(sidesOf(size), model.downscales);
    if (fault === null) continue;
    report.error(
      placeOf(document, ["output", "sample_sizes", index]),
      `Cannot draw samples of this size: ${fault.reason}`,
      fault.hint,
    );
  }
}

/** A sampler visits each time of the diffusion at most once. */
function checkSamplerSteps(
  steps: readonly Step[],
  draftOf: ReadonlyMap<string, StepDraft>,
  times: number,
  report: Report,
): void {
  for (const step of steps) {
    const draft = draftOf.get(step.name);
    if (step.task !== "generate" || step.steps <= times) continue;
    if (draft === undefined) continue;
    report.error(
      placeIn(draft, "steps"),
      `Cannot draw in ${draft.where} with "steps: ${step.steps}": the diffusion has ${times} times ("model.num_train_timesteps")`,
      `Write ${times} or less`,
    );
  }
}
