// What a step reads beside the folders of other steps: its data, the files that it starts from, its code.
import type { Pipeline, Step } from "../catalog/pipeline.ts";
import type { PlannedBytes } from "../exchange/read_weights.ts";
import type { FingerprintCache } from "../store/fingerprint_cache.ts";
import type {
  RequestedText,
  RequestedWeights,
  ShardPlaces,
} from "../store/step_request.ts";
import type { ModuleGraph } from "./module_graph.ts";
import type { DimensionPlace, Maker, PlanDatasets } from "./plan_datasets.ts";
import { planLpips, planText, planWeights } from "./plan_weights.ts";
import { datasetRoles } from "./step_inputs.ts";
import type { WorkDataset } from "./work_record.ts";

/** What one step reads, found and fingerprinted. */
export interface StepReads {
  /** By role. */
  readonly sets: ReadonlyMap<string, WorkDataset>;
  /** Of a train step whose data are there; else null. */
  readonly batchesPerEpoch: number | null;
  /** Known sizes of the pictures, by dataset. */
  readonly dimensions: ReadonlyMap<string, DimensionPlace>;
  /** Where shards lie, by dataset; those of other kinds have none. */
  readonly shards: ReadonlyMap<string, ShardPlaces>;
  /** Files that the step starts from; null where there are none. */
  readonly weights: RequestedWeights | null;
  /** Null where the step needs none. */
  readonly text: RequestedText | null;
  /** Weights of the perceptual loss; null where the step has none. */
  readonly lpips: PlannedBytes | null;
  /** Code of a script step; null for the others. */
  readonly modules: ModuleGraph | null;
}

/** What {@linkcode stepReads} looks with. */
export interface StepReading {
  readonly pipeline: Pipeline;
  readonly cache: FingerprintCache;
  readonly datasets: PlanDatasets;
  /** Sizes of pictures are saved for the next plan. */
  readonly keepsDimensions: boolean;
  /** Follows the code of a script step. */
  readonly readModule: (path: string) => Promise<ModuleGraph>;
  /** The steps planned so far. */
  readonly planned: ReadonlyMap<string, Maker>;
}

/** Of a step that reads nothing but the folders of others. */
export const READS_NOTHING: StepReads = {
  sets: new Map(),
  batchesPerEpoch: null,
  dimensions: new Map(),
  shards: new Map(),
  weights: null,
  text: null,
  lpips: null,
  modules: null,
};

/**
 * Finds what `step` reads.
 *
 * @throws {RefusedError} where something that no step makes is missing or broken
 */
export async function stepReads(
  step: Step,
  reading: StepReading,
): Promise<StepReads> {
  const { pipeline, cache, datasets, planned } = reading;
  if (step.task === "script") {
    const modules = await reading.readModule(step.uses_path);
    return { ...READS_NOTHING, modules };
  }
  const makerOf = (name: string) => planned.get(name) ?? null;
  const roles = datasetRoles(step);
  const names = new Set(roles.values());
  const sets = await datasets.ofStep(
    roles,
    (name) => (planned.get(name) as Maker).key,
  );
  const weights = await planWeights(step, pipeline, cache);
  const text = await planText(step, pipeline, cache);
  const lpips = await planLpips(step, cache);
  const batchesPerEpoch = step.task === "train"
    ? await datasets.batchesPerEpoch(step, makerOf)
    : null;
  const dimensions = await datasets.dimensionsOf(
    names,
    makerOf,
    reading.keepsDimensions,
  );
  const shards = await datasets.shardsOf(names);
  return {
    ...{ sets, batchesPerEpoch, dimensions, shards },
    ...{ weights, text, lpips, modules: null },
  };
}
