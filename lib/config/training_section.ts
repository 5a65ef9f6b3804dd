// The `training` section: a pipeline of steps, or the flat keys of a legacy run.
import * as v from "valibot";
import { legacyOptimizers } from "../catalog/automatic_optimizers.ts";
import type { ModelSection } from "../catalog/model_section.ts";
import { PIPELINE_SECTION, TRAINING_ONLY } from "../catalog/pipeline_file.ts";
import {
  emptyMap,
  exactValue,
  isNull,
  locate,
  type LocatedMap,
  mergeMaps,
} from "../source/located_tree.ts";
import { checkOptions, sectionAt } from "./check_options.ts";
import { foundText } from "./issue_message.ts";
import { type OptimizerFile, optimizerLayer } from "./optimizer_file.ts";
import type { Report } from "./report.ts";
import {
  checkDefaultsKeys,
  draftLegacyStep,
  draftSteps,
  inheritedFlatKeys,
  type StepDraft,
} from "./step_drafts.ts";

/** What the section says, before references are followed. */
export interface Training {
  readonly mode: "pipeline" | "legacy";
  readonly drafts: readonly StepDraft[];
  readonly datasetsTree: LocatedMap;
  readonly pipelineTree: LocatedMap;
  readonly defaultDataset: string | null;
}

/** What steps take from other parts of the file. */
export interface TrainingInputs {
  readonly variant: ModelSection["variant"];
  /** Of `optimization.optim_sched_config`: below everything that `training` says. */
  readonly optimizerFile: OptimizerFile | undefined;
}

/** As in FluxFlow, the key `pipeline` makes it a pipeline; without it the flat keys are the one step of a legacy run. */
export function readTraining(
  document: LocatedMap,
  { variant, optimizerFile }: TrainingInputs,
  report: Report,
): Training | undefined {
  const training = sectionAt(document, "training", "the pipeline", report);
  if (training === undefined) return undefined;
  if (!document.entries.has("training")) {
    report.error(
      document.place,
      'Cannot read the pipeline: the key "training" is missing',
      'Write "training.pipeline.steps"',
    );
    return undefined;
  }
  checkTrainingOnly(training, report);
  const below = optimizerFile === undefined
    ? emptyMap(document)
    : optimizerLayer(optimizerFile, document);
  if (!training.entries.has("pipeline")) {
    const none = emptyMap(document);
    return {
      mode: "legacy",
      drafts: [
        draftLegacyStep(training, {
          below,
          automatic: legacyOptimizers(variant),
        }, report),
      ],
      datasetsTree: none,
      pipelineTree: none,
      defaultDataset: null,
    };
  }
  const pipeline = sectionAt(training, "pipeline", '"training"', report);
  if (pipeline === undefined) return undefined;
  const where = '"training.pipeline"';
  const section = checkOptions(
    PIPELINE_SECTION,
    { tree: pipeline, where, elsewhere: ["defaults", "datasets", "steps"] },
    report,
  );
  const defaults = sectionAt(pipeline, "defaults", where, report) ??
    emptyMap(pipeline);
  const datasetsTree = sectionAt(pipeline, "datasets", where, report) ??
    emptyMap(pipeline);
  checkDefaultsKeys(defaults, report);
  checkStepList(pipeline, report);
  const flat = inheritedFlatKeys(training, report);
  const drafts = draftSteps(
    locate(pipeline, ["steps"]),
    { defaults, flat: mergeMaps(below, flat) },
    report,
  );
  const defaultDataset = section?.default_dataset ?? null;
  return {
    mode: "pipeline",
    drafts,
    datasetsTree,
    pipelineTree: pipeline,
    defaultDataset,
  };
}

function checkTrainingOnly(training: LocatedMap, report: Report): void {
  const own = new Map(
    [...training.entries].filter(([key]) => key in TRAINING_ONLY),
  );
  checkOptions(v.object(TRAINING_ONLY), {
    tree: { ...training, entries: own },
    where: '"training"',
    elsewhere: ["pipeline"],
  }, report);
}

function checkStepList(pipeline: LocatedMap, report: Report): void {
  const steps = locate(pipeline, ["steps"]);
  const hint = 'Write "steps" as a list of at least one step';
  if (
    steps === undefined || isNull(steps) ||
    (steps.kind === "list" && steps.items.length === 0)
  ) {
    report.error(
      pipeline.entries.get("steps")?.key ?? pipeline.place,
      'Cannot read "training.pipeline": it has no steps',
      hint,
    );
  } else if (steps.kind !== "list") {
    report.error(
      steps.place,
      `Cannot read "training.pipeline": "steps" must be a list, found ${
        foundText(exactValue(steps))
      }`,
      hint,
    );
  }
}
