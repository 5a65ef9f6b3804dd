// From a planned step to the record that its process receives.
import { join } from "node:path";
import type {
  DatasetEntry,
  FolderEntry,
  Pipeline,
  Step,
} from "../catalog/pipeline.ts";
import { mostEpochs } from "../config/transition_checks.ts";
import { updatesPerEpoch } from "../lr_schedulers/step_length.ts";
import type { EngineChoice } from "../engine_setup/engine_choice.ts";
import { stepLock, stepPaths } from "../store/store_layout.ts";
import {
  type FolderDataset,
  REQUEST_VERSION,
  type ResolvedDataset,
  type ShardPlaces,
  type StepRequest,
} from "../store/step_request.ts";
import type { DimensionPlace } from "./plan_datasets.ts";
import { datasetRoles } from "./step_inputs.ts";
import type { StepReads } from "./step_reads.ts";

/** What a request is made from. */
export interface RequestParts {
  readonly pipeline: Pipeline;
  readonly step: Step;
  readonly key: string;
  readonly work: Readonly<Record<string, unknown>>;
  /** Absolute. */
  readonly folder: string;
  /** Absolute folder of a step planned before this one. */
  readonly folderOf: (name: string) => string;
  /** Names of all steps whose folders the step may read. */
  readonly inputs: readonly string[];
  readonly engine: EngineChoice;
  readonly packageRoot: string;
  readonly reads: StepReads;
}

/** The request, with every path absolute. */
export function buildRequest(parts: RequestParts): StepRequest {
  const { pipeline, step, folderOf, reads } = parts;
  const names = [...new Set(datasetRoles(step).values())];
  return {
    version: REQUEST_VERSION,
    pipeline: pipeline.file,
    run: pipeline.name,
    step: { name: step.name, index: step.index, count: pipeline.steps.length },
    task: step.task,
    key: parts.key,
    work: parts.work,
    options: step,
    model: pipeline.model,
    data: pipeline.data,
    output: pipeline.output,
    seed: pipeline.seed,
    datasets: Object.fromEntries(
      names.map((name) => [name, datasetOf(name, parts)]),
    ),
    ...(reads.weights === null ? {} : { weight_files: reads.weights }),
    ...(reads.text === null ? {} : { text_files: reads.text }),
    ...(reads.lpips === null ? {} : { lpips: reads.lpips }),
    folder: parts.folder,
    inputs: Object.fromEntries(
      parts.inputs.map((name) => [name, folderOf(name)]),
    ),
    lock: stepLock(parts.folder),
    engine: parts.engine,
    packageRoot: parts.packageRoot,
    plan: { trainSteps: trainSteps(step, reads.batchesPerEpoch) },
  };
}

function datasetOf(
  name: string,
  { pipeline, reads, folderOf }: RequestParts,
): ResolvedDataset {
  const entry = pipeline.datasets[name] as DatasetEntry;
  return entry.type === "webdataset"
    ? { ...entry, places: reads.shards.get(name) as ShardPlaces }
    : {
      ...resolveDataset(entry, folderOf),
      ...dimensionsOf(reads.dimensions.get(name)),
    };
}

function dimensionsOf(
  place: DimensionPlace | undefined,
): Pick<FolderDataset, "dimensions"> {
  return place === undefined ? {} : { dimensions: place };
}

/** The dataset with absolute places; data that a step makes lie in the `output/` of its folder. */
export function resolveDataset(
  entry: FolderEntry,
  folderOf: (step: string) => string,
): FolderDataset {
  if (entry.from === null) {
    return {
      ...entry,
      imageFolder: entry.image_folder_path as string,
      captionsFile: entry.captions_file_path as string,
    };
  }
  const output = stepPaths(folderOf(entry.from)).output;
  return {
    ...entry,
    imageFolder: join(output, entry.image_folder),
    captionsFile: join(output, entry.captions_file),
  };
}

function trainSteps(step: Step, batchesPerEpoch: number | null): number | null {
  if (step.task !== "train" || batchesPerEpoch === null) return null;
  return mostEpochs(step) *
    updatesPerEpoch(batchesPerEpoch, step.gradient_accumulation_steps);
}
