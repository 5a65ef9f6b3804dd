// What resolving a step of any task starts from.
import { secondsOf } from "../clock/duration.ts";
import type {
  Component,
  StepBase,
  WeightFilesEntry,
  WeightSources,
} from "../catalog/pipeline.ts";
import { locate } from "../source/located_tree.ts";
import type { CheckpointLayers } from "./checkpoint_options.ts";
import type { Datasets } from "./dataset_section.ts";
import type { StepDraft, StepOptions } from "./step_drafts.ts";
import type { StepGraph } from "./step_graph.ts";
import type { ResolvedSteps } from "./weight_sources.ts";

/** What steps are resolved against. */
export interface ResolutionContext extends ResolvedSteps {
  /** Path of the pipeline file. */
  readonly file: string;
  /** Absolute folder of that file: asking where this process works costs a system call, for each of thousands of steps. */
  readonly home: string;
  readonly datasets: Datasets;
  readonly checkpoints: CheckpointLayers;
  readonly graph: StepGraph;
  /** The files of `model_checkpoint`, where the pipeline names some. */
  readonly files?: WeightFilesEntry;
}

/** Checked options of a task. */
export type OptionsOf<T extends StepOptions["task"]> = Extract<
  StepOptions,
  { task: T }
>["options"];

/** The keys that every task has; `sources` are the weights that the step reads, whose steps it waits for too. */
export function baseOf(
  draft: StepDraft,
  options: OptionsOf<StepOptions["task"]>,
  context: ResolutionContext,
  sources: readonly WeightSources[] = [],
): Omit<StepBase, "task"> {
  const { description, permissions, retry, timeout, resources } = options;
  const holders = sources.flatMap((source) => Object.values(source));
  return {
    name: draft.name,
    index: draft.index,
    description,
    needs: [...new Set([...context.graph.get(draft.name) ?? [], ...holders])],
    permissions,
    retry,
    timeout_seconds: timeout === null ? null : secondsOf(timeout),
    resources,
    position: (locate(draft.own, ["name"])?.place ?? draft.own.place).position,
  };
}

/** Options without the keys that {@linkcode baseOf} resolves. */
export function withoutBase<O extends OptionsOf<StepOptions["task"]>>(
  options: O,
): Omit<O, "name" | "needs" | "retry" | "timeout" | "resources"> {
  const {
    name: _name,
    needs: _needs,
    retry: _retry,
    timeout: _timeout,
    resources: _resources,
    ...rest
  } = options;
  return rest;
}

/** The weights of some components. */
export function only(
  sources: WeightSources,
  components: readonly Component[],
): WeightSources {
  return Object.fromEntries(
    Object.entries(sources).filter(([name]) =>
      components.some((one) => one === name)
    ),
  );
}
