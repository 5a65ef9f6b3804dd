// Drafts to steps: every reference followed, every default known.
import { dirname, resolve } from "node:path";
import type { ScriptStep, Step, WeightSources } from "../catalog/pipeline.ts";
import { compareStep, evaluateStep, generateStep } from "./picture_steps.ts";
import { baseOf, type OptionsOf, type ResolutionContext } from "./step_base.ts";
import type { StepDraft } from "./step_drafts.ts";
import { orderSteps } from "./step_graph.ts";
import { resolveTrainPart, type TrainPart, trainStep } from "./train_step.ts";

/** What {@linkcode resolveSteps} needs besides the drafts. */
export type ResolutionInputs = Omit<
  ResolutionContext,
  "steps" | "lineage" | "home"
>;

/** The steps in the order of the file. Refused ones are missing, and the report says why. */
export function resolveSteps(
  drafts: readonly StepDraft[],
  inputs: ResolutionInputs,
): Step[] {
  const { graph, report } = inputs;
  // A step's own faults are told even where the graph has no order.
  const parts = new Map(
    drafts.map((draft) => [draft, resolveTrainPart(draft, report)]),
  );
  const order = orderSteps(drafts, graph, report) ?? [];
  const byName = new Map(
    drafts.toReversed().map((draft) => [draft.name, draft]),
  );
  const steps = new Map<string, Step>();
  const lineage = new Map<string, WeightSources>();
  const home = resolve(dirname(inputs.file));
  const context: ResolutionContext = { ...inputs, home, steps, lineage };
  for (const name of order) {
    const draft = byName.get(name);
    const resolved = draft === undefined
      ? undefined
      : resolveStep(draft, parts.get(draft), context);
    if (resolved === undefined) continue;
    steps.set(name, resolved.step);
    if (resolved.lineage !== undefined) lineage.set(name, resolved.lineage);
  }
  return [...steps.values()].toSorted((a, b) => a.index - b.index);
}

function resolveStep(
  draft: StepDraft,
  part: TrainPart | undefined,
  context: ResolutionContext,
): { readonly step: Step; readonly lineage?: WeightSources } | undefined {
  const { checked } = draft;
  switch (checked?.task) {
    case undefined:
      return undefined;
    case "train":
      return part === undefined
        ? undefined
        : trainStep(draft, checked.options, part, context);
    case "evaluate":
      return asResolved(evaluateStep(draft, checked.options, context));
    case "compare":
      return asResolved(compareStep(draft, checked.options, context));
    case "generate":
      return asResolved(generateStep(draft, checked.options, context));
    case "script":
      return { step: scriptStep(draft, checked.options, context) };
    default:
      return checked satisfies never;
  }
}

function asResolved(
  step: Step | undefined,
): { readonly step: Step } | undefined {
  return step === undefined ? undefined : { step };
}

function scriptStep(
  draft: StepDraft,
  options: OptionsOf<"script">,
  context: ResolutionContext,
): ScriptStep {
  return {
    ...baseOf(draft, options, context),
    task: "script",
    uses: options.uses,
    uses_path: resolve(context.home, options.uses),
    with: options.with,
  };
}
