// Steps that use trained weights: evaluate, compare and generate.
import type {
  CompareStep,
  Component,
  EvaluateStep,
  GenerateStep,
  WeightFilesEntry,
} from "../catalog/pipeline.ts";
import { sidesOf, writtenSize } from "../catalog/picture_size.ts";
import type { PathItem } from "../source/located_tree.ts";
import {
  baseOf,
  only,
  type OptionsOf,
  type ResolutionContext,
  withoutBase,
} from "./step_base.ts";
import { placeIn, type StepDraft } from "./step_drafts.ts";
import { namedWeights, spadeOf, trainStepsBehind } from "./weight_sources.ts";

const VAE: readonly Component[] = ["compressor", "expander"];
/** What draws; the compressor only encodes. */
const DRAWERS: readonly Component[] = [
  "expander",
  "flow_processor",
  "text_encoder",
];
const PAINTERS: readonly Component[] = [
  "compressor",
  "expander",
  "flow_processor",
  "text_encoder",
];

/** The evaluate step of a draft. */
export function evaluateStep(
  draft: StepDraft,
  options: OptionsOf<"evaluate">,
  context: ResolutionContext,
): EvaluateStep | undefined {
  requireTrained(draft, ["of"], { name: options.of, components: VAE }, context);
  const init_from = only(namedWeights(draft, ["of"], options.of, context), VAE);
  const dataset = options.dataset ?? context.datasets.fallback;
  if (dataset === undefined) return undefined;
  const spade = options.spade ?? spadeOf(init_from, context);
  const base = baseOf(draft, options, context, [init_from]);
  return {
    ...withoutBase(options),
    ...base,
    task: "evaluate",
    dataset,
    init_from,
    spade,
  };
}

/** The compare step of a draft. */
export function compareStep(
  draft: StepDraft,
  options: OptionsOf<"compare">,
  context: ResolutionContext,
): CompareStep | undefined {
  const [treatment = {}, control = {}] = options.arms.map((name, index) => {
    requireTrained(draft, ["arms", index], { name, components: VAE }, context);
    return only(namedWeights(draft, ["arms", index], name, context), VAE);
  });
  if (options.arms[0] === options.arms[1]) {
    context.report.error(
      placeIn(draft, "arms", 1),
      `Cannot compare "${options.arms[0]}" with itself in ${draft.where}`,
      "Name two steps: the treatment, then the control",
    );
  }
  const dataset = options.dataset ?? context.datasets.fallback;
  if (dataset === undefined) return undefined;
  return {
    ...withoutBase(options),
    ...baseOf(draft, options, context, [treatment, control]),
    task: "compare",
    dataset,
    arms_init_from: [treatment, control],
    arms_spade: [spadeOf(treatment, context), spadeOf(control, context)],
  };
}

/** The generate step of a draft. */
export function generateStep(
  draft: StepDraft,
  options: OptionsOf<"generate">,
  context: ResolutionContext,
): GenerateStep | undefined {
  checkFrames(draft, options, context);
  const size = options.size === null
    ? null
    : writtenSize(sidesOf(options.size));
  const files = drawingFiles(draft, options, context);
  if (files !== undefined) {
    return {
      ...withoutBase(options),
      ...baseOf(draft, options, context),
      size,
      task: "generate",
      from: null,
      from_files: DRAWERS,
      init_from: {},
      decode_spade: files.spade,
    };
  }
  const from = options.from ?? onlyTrainStep(draft, context);
  if (from === undefined) return undefined;
  requireTrained(draft, ["from"], {
    name: from,
    components: ["expander", "flow_processor"],
  }, context);
  const init_from = only(
    namedWeights(draft, ["from"], from, context),
    PAINTERS,
  );
  const base = baseOf(draft, options, context, [
    { compressor: from },
    init_from,
  ]);
  const decode_spade = spadeOf(init_from, context);
  return {
    ...withoutBase(options),
    ...base,
    size,
    task: "generate",
    from,
    init_from,
    decode_spade,
  };
}

/** The files that draw where no step before this one trains and none is named. */
function drawingFiles(
  draft: StepDraft,
  options: OptionsOf<"generate">,
  context: ResolutionContext,
): WeightFilesEntry | undefined {
  const { files } = context;
  const needs = context.graph.get(draft.name) ?? [];
  if (
    files === undefined || options.from !== null ||
    trainStepsBehind(needs, context).length > 0
  ) return undefined;
  const held = files.files.flatMap((file) => file.components);
  return DRAWERS.every((component) => held.includes(component))
    ? files
    : undefined;
}

function checkFrames(
  draft: StepDraft,
  { frames, prompts }: OptionsOf<"generate">,
  { report }: ResolutionContext,
): void {
  if (frames === undefined || prompts.length === 2) return;
  report.error(
    placeIn(draft, "frames"),
    `Cannot interpolate in ${draft.where}: it has ${prompts.length} prompts, wanted 2`,
    "Write the first and the last prompt, or leave frames out",
  );
}

function onlyTrainStep(
  draft: StepDraft,
  context: ResolutionContext,
): string | undefined {
  const needs = context.graph.get(draft.name) ?? [];
  const candidates = trainStepsBehind(needs, context);
  if (candidates.length === 1) return candidates[0];
  if (needs.some((name) => !context.steps.has(name))) return undefined; // a needed step was refused: told there
  const found = candidates.length === 0
    ? "no step that it waits for trains"
    : `it waits for ${candidates.map((name) => `"${name}"`).join(" and ")}`;
  context.report.error(
    placeIn(draft),
    `Cannot read ${draft.where}: it does not say whose weights draw the pictures, and ${found}`,
    'Write "from" with the step that trained the flow processor',
  );
  return undefined;
}

/** Reports weights that were never trained: measuring or drawing with them shows noise. */
function requireTrained(
  draft: StepDraft,
  path: readonly PathItem[],
  { name, components }: {
    readonly name: string;
    readonly components: readonly Component[];
  },
  context: ResolutionContext,
): void {
  const lineage = context.lineage.get(name);
  if (lineage === undefined) return;
  const missing = components.filter((component) =>
    lineage[component] === undefined
  );
  if (missing.length === 0) return;
  context.report.error(
    placeIn(draft, ...path),
    `Cannot use the weights of "${name}" in ${draft.where}: neither it nor a step before it trained the ${
      missing.join(" and the ")
    }`,
  );
}
