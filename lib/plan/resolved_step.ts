// One step after merging and defaults: every key of its task, with where its value comes from.
import type { Pipeline, Step } from "../catalog/pipeline.ts";
import { STEP_SCHEMAS } from "../catalog/step_options.ts";
import {
  exactValue,
  isNull,
  locate,
  type Located,
  type LocatedMap,
  mergeLocated,
  type PathItem,
} from "../source/located_tree.ts";
import {
  mapOf,
  nodeOf,
  originOf,
  type ResolvedNode,
  valueOf,
} from "./resolved_node.ts";

/** Where the named datasets stand in a file. */
export const DATASETS: readonly string[] = [
  "training",
  "pipeline",
  "datasets",
];

/** A value of a step, and what else it may come from. */
interface StepSource {
  readonly step: Step;
  readonly pipeline: Pipeline;
  /** What the step says over what it inherits. */
  readonly merged: LocatedMap;
  /** What the step itself says. */
  readonly own: LocatedMap;
}

/** Every key of the step's task. */
export function resolvedStep(step: Step, pipeline: Pipeline): ResolvedNode {
  const written = pipeline.sources.steps[step.name];
  // The loader keeps one for every step, so this is a defect of ours.
  if (written === undefined) {
    throw new RangeError(`Cannot find what was written for "${step.name}"`);
  }
  const source = { step, pipeline, ...written };
  return mapOf(
    Object.keys(STEP_SCHEMAS[step.task].entries).map((key) =>
      [key, stepKeyNode(key, source)] as const
    ),
  );
}

function stepKeyNode(key: string, source: StepSource): ResolvedNode {
  const { step, pipeline, merged, own } = source;
  const value: unknown = Reflect.get(step, key);
  const written = locate(merged, [key]);
  const inFile = (...path: PathItem[]) =>
    locate(pipeline.sources.document, path);
  switch (key) {
    case "with":
      return nodeOf(value, [written], { exact: true });
    case "timeout":
      return valueOf(step.timeout_seconds, [written]);
    case "needs":
      return needsNode(step, written);
    case "init_from":
      return initFromNode(source, written);
    case "dataset":
      return valueOf(value, [
        written,
        inFile("training", "pipeline", "default_dataset"),
        inFile("data", "data_path"),
      ]);
    case "batch_size":
    case "workers":
      return valueOf(value, [
        locate(own, [key]),
        step.task === "train"
          ? inFile(...DATASETS, step.dataset, key)
          : undefined,
        written,
      ]);
    case "checkpoint":
      return nodeOf(value, [mergedCheckpoint(inFile("checkpoint"), written)], {
        fallback: (path) =>
          path[0] === "interval_batches"
            ? inFile("output", "checkpoint_save_interval")
            : undefined,
      });
    case "optimization":
      return nodeOf(value, [written], {
        fallback: (path) => inheritedOption(merged, path),
      });
    case "transition_on":
      return nodeOf(value, [written], { derived: ["direction"] });
    case "spade":
    case "from":
      return valueOf(value, [written], "derived");
    default:
      return nodeOf(value, [written]);
  }
}

/** What an optimizer or a scheduler takes an option from where it does not name it itself. */
function inheritedOption(
  merged: LocatedMap,
  path: readonly string[],
): Located | undefined {
  const [section = "", network = "", key = ""] = path;
  const optimizers = locate(merged, ["optimization", "optimizers"]);
  // A discriminator without an optimizer takes its generator's.
  const generators = section === "optimizers" && network === "discriminator" &&
      optimizers !== undefined &&
      locate(optimizers, ["discriminator"]) === undefined
    ? locate(optimizers, ["vae", key])
    : undefined;
  if (generators !== undefined && !isNull(generators)) return generators;
  if (key === "lr") return locate(merged, ["lr"]);
  return key === "eta_min_factor" && network !== "text_encoder"
    ? locate(merged, ["lr_min"])
    : undefined;
}

function mergedCheckpoint(
  section: Located | undefined,
  own: Located | undefined,
): Located | undefined {
  if (section?.kind !== "map" || own?.kind !== "map") {
    return own?.kind === "map" ? own : section;
  }
  return mergeLocated(section, own);
}

/** A step waits for what it says and for all steps that its other keys refer to. */
function needsNode(step: Step, written: Located | undefined): ResolvedNode {
  const { needs } = step;
  if (written === undefined || isNull(written)) {
    return { kind: "value", value: needs, origin: "derived" };
  }
  const said = written.kind === "list" ? written.items.length : 0;
  const origin = originOf(written);
  return {
    kind: "value",
    value: needs,
    origin: needs.length > said ? `${origin}, derived` : origin,
  };
}

/**
 * Per component the step whose weights it starts from. A name that is written stands as it is, and so does the silence
 * of a step that starts from the files of `model_checkpoint`: a map would shut them out when it is loaded again.
 */
function initFromNode(
  { step, pipeline }: StepSource,
  written: Located | undefined,
): ResolvedNode {
  if (step.task !== "train") throw new RangeError("Only train steps start so");
  if (written?.kind === "scalar" && !isNull(written)) {
    return valueOf(exactValue(written), [written]);
  }
  const files = locate(pipeline.sources.document, ["model_checkpoint"]);
  if (step.from_files !== undefined && files !== undefined) {
    return { kind: "value", value: null, origin: originOf(files) };
  }
  const entries = Object.entries(step.init_from);
  return entries.length === 0
    ? valueOf({}, [written], "derived")
    : nodeOf(step.init_from, [written], {
      derived: Object.keys(step.init_from),
    });
}
