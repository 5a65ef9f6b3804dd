// The perceptual loss of a train step: its weights are a file of the user's, since nothing is downloaded.
import { resolve } from "node:path";
import type { Step } from "../catalog/pipeline.ts";
import { reconstructs } from "../catalog/training_mode.ts";
import { StoredStateError } from "../error/failure.ts";
import { readPerceptualFaults } from "../exchange/perceptual_weights.ts";
import { isNull, locate } from "../source/located_tree.ts";
import { pathFault } from "./path_checks.ts";
import type { Report } from "./report.ts";
import { placeIn, type StepDraft, type StepOptions } from "./step_drafts.ts";

type TrainOptions = Extract<StepOptions, { task: "train" }>["options"];

const HOW_TO_MAKE =
  'Write "lpips_weights: FILE" into the step, "defaults" or "training"; docs/lpips.md tells how to make the file with Python';

/** Reports a step that asks for LPIPS without weights, or itself asks for it in vain. */
export function checkLpips(
  draft: StepDraft,
  options: TrainOptions,
  report: Report,
): void {
  if (!options.use_lpips) return;
  if (reconstructs(options)) {
    if (options.lpips_weights !== null) return;
    report.error(
      placeIn(draft, "use_lpips"),
      `Cannot use "use_lpips: true" in ${draft.where}: it says no "lpips_weights", the file with VGG16's features and LPIPS's heads`,
      HOW_TO_MAKE,
    );
    return;
  }
  const own = locate(draft.own, ["use_lpips"]);
  if (own === undefined || isNull(own)) return;
  report.error(
    own.place,
    `Cannot use "use_lpips: true" in ${draft.where}: the step does not train to reconstruct`,
    'Leave it out, or write "train_vae: true"',
  );
}

/** Reports weights that are not there or are not those of LPIPS, each file once. */
export async function checkLpipsFiles(
  steps: readonly Step[],
  drafts: readonly StepDraft[],
  report: Report,
): Promise<void> {
  const checked = new Set<string>();
  for (const step of steps) {
    if (step.task !== "train" || step.lpips_weights === null) continue;
    const written = step.lpips_weights;
    if (checked.has(written)) continue;
    checked.add(written);
    const draft = drafts.find(({ name }) => name === step.name)!;
    await checkLpipsFile(written, draft, report);
  }
}

async function checkLpipsFile(
  written: string,
  draft: StepDraft,
  report: Report,
): Promise<void> {
  const place = placeIn(draft, "lpips_weights");
  const path = resolve(written);
  const fault = await pathFault({ path, kind: "file", root: resolve(".") });
  if (fault !== undefined) {
    report.error(
      place,
      `Cannot find the LPIPS weights "${written}": ${fault.reason}`,
      fault.hint,
    );
    return;
  }
  try {
    const faults = await readPerceptualFaults(path);
    if (faults.length === 0) return;
    report.error(
      place,
      `Cannot use "${written}" for LPIPS: ${faults.join("; ")}`,
      HOW_TO_MAKE,
    );
  } catch (error) {
    if (!(error instanceof StoredStateError)) throw error;
    report.error(place, error.message, error.hint);
  }
}
