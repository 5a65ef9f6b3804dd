// Whose weights draw when a command asks for pictures: a step of the run, finished or at a checkpoint, or the files of `model_checkpoint`.
import type { Component } from "../catalog/component.ts";
import type {
  GenerateStep,
  Pipeline,
  Step,
  TrainStep,
} from "../catalog/pipeline.ts";
import { RefusedError, UsageError } from "../error/failure.ts";
import { type PlannedStep, planPipeline } from "../plan/plan.ts";
import { didYouMean } from "../source/suggestion.ts";
import { readCheckpointCursor } from "../store/checkpoint_record.ts";

/** What draws; the compressor only encodes. */
const DRAWERS: readonly Component[] = [
  "expander",
  "flow_processor",
  "text_encoder",
];

/** The weights, as a generate step names them, and where they come from. */
export interface DrawingSource {
  readonly step: Pick<
    GenerateStep,
    "from" | "from_files" | "init_from" | "decode_spade"
  >;
  /** The step's folder; null for files. */
  readonly planned: PlannedStep | null;
  /** How far the step is, as one clause; null for files and finished steps. */
  readonly unfinished: string | null;
}

/**
 * The weights of the step called `name`, by default of the last one that trains a flow and has weights.
 *
 * @throws {UsageError} where there is no such step, or it trains no flow
 * @throws {RefusedError} where it has no weights yet
 */
export async function stepSource(
  pipeline: Pipeline,
  name: string | null,
  runsDir: string,
): Promise<DrawingSource> {
  const able = pipeline.steps.filter(isDrawer);
  const candidates = name === null
    ? able.toReversed()
    : [named(pipeline, name)];
  if (candidates.length === 0) {
    throw new UsageError(
      `Cannot draw: no step of "${pipeline.file}" trains a flow`,
      { hint: "Add a step with `train_diff: true`, or name --checkpoint" },
    );
  }
  const { steps } = await planPipeline(pipeline, { runsDir });
  for (const step of candidates) {
    const planned = steps.find((one) => one.name === step.name)!;
    const unfinished = await progressOf(planned);
    if (unfinished === undefined) continue;
    const { decode_spade } = step;
    return {
      step: { from: step.name, init_from: {}, decode_spade },
      planned,
      unfinished,
    };
  }
  const names = candidates.map((step) => `"${step.name}"`).join(", ");
  throw new RefusedError(
    `Cannot draw with the weights of ${names}: no checkpoint was saved with these options`,
    { hint: "Run `train` on the pipeline first; `plan` tells what is left" },
  );
}

/**
 * The files of the pipeline's `model_checkpoint`.
 *
 * @throws {RefusedError} where they lack a component
 */
export function filesSource(pipeline: Pipeline): DrawingSource {
  const files = pipeline.weight_files;
  const held = files?.files.flatMap(({ components }) => components) ?? [];
  const missing = DRAWERS.filter((component) => !held.includes(component));
  if (files === undefined || missing.length > 0) {
    throw new RefusedError(
      `Cannot draw with "${files?.written}": it has no ${
        missing.join(", no ")
      }`,
      {
        hint:
          "Name a folder with flxflow_final.safetensors and text_encoder.safetensors of a run that trained a flow",
      },
    );
  }
  return {
    step: {
      from: null,
      from_files: DRAWERS,
      init_from: {},
      decode_spade: files.spade,
    },
    planned: null,
    unfinished: null,
  };
}

function named(pipeline: Pipeline, name: string): TrainStep {
  const step = pipeline.steps.find((one) => one.name === name);
  const names = pipeline.steps.filter(isDrawer).map((one) => one.name);
  const hint = names.length === 0
    ? "No step of this pipeline trains a flow"
    : `Name one of its steps that train a flow: ${names.join(", ")}`;
  if (step === undefined) {
    throw new UsageError(
      `Cannot draw: pipeline "${pipeline.file}" has no step "${name}"${
        didYouMean(name, names)
      }`,
      { hint },
    );
  }
  if (isDrawer(step)) return step;
  throw new UsageError(`Cannot draw with step "${name}": it trains no flow`, {
    hint,
  });
}

/** Steps whose folders hold all that draws. */
function isDrawer(step: Step): step is TrainStep {
  return step.task === "train" &&
    DRAWERS.every((component) => step.components.includes(component));
}

/** Null for a finished step, undefined for one without weights. */
async function progressOf(
  planned: PlannedStep,
): Promise<string | null | undefined> {
  if (planned.action === "reuse") return null;
  if (planned.setsAside) return undefined;
  const lookup = await readCheckpointCursor(planned.folder);
  if (lookup.kind !== "ready") return undefined;
  const { epoch, batch, globalStep } = lookup.cursor;
  return `saved at epoch ${
    epoch + 1
  }, after batch ${batch}, ${globalStep} updates`;
}
