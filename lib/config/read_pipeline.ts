// The whole document of a pipeline, checked: every section, every step, and what they say of each other.
import * as v from "valibot";
import { DATA_SECTION } from "../catalog/data_section.ts";
import { EXECUTOR_SECTION } from "../catalog/executor_options.ts";
import { MODEL_SECTION, type ModelSection } from "../catalog/model_section.ts";
import {
  CHECKPOINT_OPTIONS,
  OUTPUT_SECTION,
} from "../catalog/output_section.ts";
import type { Pipeline, WeightFilesEntry } from "../catalog/pipeline.ts";
import { OPTIMIZATION_SECTION, TOP_LEVEL } from "../catalog/pipeline_file.ts";
import { digestRecord } from "../disk/digest.ts";
import { emptyMap, locate, type LocatedMap } from "../source/located_tree.ts";
import { positionAt, type SourceText } from "../source/position.ts";
import { checkOptions, sectionAt } from "./check_options.ts";
import {
  checkDatasetNames,
  checkDatasetOrigins,
} from "./dataset_references.ts";
import { type Datasets, readDatasets } from "./dataset_section.ts";
import { checkFluxflowTraining } from "./fluxflow_checks.ts";
import { readHooks } from "./hook_section.ts";
import { checkJudgedPictures } from "./judged_pictures.ts";
import { checkLpipsFiles } from "./lpips_checks.ts";
import { checkDataSizes, checkModelSizes } from "./model_checks.ts";
import { readOptimizerFile } from "./optimizer_file.ts";
import { checkPaths } from "./path_checks.ts";
import { checkDrawnPictures } from "./drawn_picture_checks.ts";
import { runNameOf } from "./pipeline_document.ts";
import { readPipelineText } from "./pipeline_text.ts";
import type { Report } from "./report.ts";
import { locateShards } from "./shard_paths.ts";
import { refuseWrittenTokens } from "./shard_entry.ts";
import { resolveSteps } from "./resolve_steps.ts";
import { readOwnSchedules } from "./schedule_entries.ts";
import type { StepDraft } from "./step_drafts.ts";
import { stepGraph } from "./step_graph.ts";
import { checkRunName, checkStepNames } from "./step_names.ts";
import { readTraining } from "./training_section.ts";
import { warnOfIdleKeys } from "./idle_keys.ts";
import { checkTextFiles } from "./text_files.ts";
import { refuseUnsupported } from "./unsupported.ts";
import {
  checkWeightFiles,
  checkWeightTokenizer,
} from "./weight_file_checks.ts";

/** Where a document comes from. */
export interface FileContext {
  readonly source: SourceText;
  /** SHA-256 of the text and everything that was changed in it. */
  readonly digest: string;
  readonly options: ReadOptions;
}

/** How a document is read. */
export interface ReadOptions {
  /** Reads the files that it names; by default from disk. */
  readonly readText?: (path: string) => Promise<string>;
  /** Whether files and folders that the pipeline names are looked for; true by default. */
  readonly checkPaths?: boolean;
  /** Told the model as soon as its section is right, also of a pipeline that is refused for something else. */
  readonly onModel?: (model: ModelSection) => void;
}

/** The pipeline, or undefined where what is wrong with it, all of it, was reported. */
export async function readPipeline(
  document: LocatedMap,
  context: FileContext,
  report: Report,
): Promise<Pipeline | undefined> {
  const { source } = context;
  const top = checkOptions(
    TOP_LEVEL,
    { tree: document, where: "the pipeline", elsewhere: ["training"] },
    report,
  );
  refuseWrittenTokens(document, report);
  refuseUnsupported(document, report);
  warnOfIdleKeys(document, report);
  const model = readSection(document, "model", MODEL_SECTION, report);
  const data = readSection(document, "data", DATA_SECTION, report);
  const output = readSection(document, "output", OUTPUT_SECTION, report);
  const checkpoint = readSection(
    document,
    "checkpoint",
    CHECKPOINT_OPTIONS,
    report,
  );
  const executor = readSection(document, "executor", EXECUTOR_SECTION, report);
  readSection(document, "optimization", OPTIMIZATION_SECTION, report);
  const readText = context.options.readText ?? readPipelineText;
  const optimizerFile = await readOptimizerFile(document, readText, report);
  if (model !== undefined) {
    context.options.onModel?.(model.value);
    checkModelSizes(model.value, model.tree, report);
  }
  if (model !== undefined && data !== undefined) {
    checkDataSizes(model.value, data.value, data.tree, report);
  }
  const training = readTraining(document, {
    variant: model?.value.variant ?? "fluxline",
    optimizerFile,
  }, report);
  const name = runNameOf(document, source.name);
  checkRunName(
    name,
    locate(document, ["name"])?.place ??
      { source, position: positionAt(source, 0, 0) },
    report,
  );
  const schedules = readOwnSchedules(document, source.name, name, report);
  const hooks = readHooks(document, report);
  if (training === undefined) return undefined;
  checkStepNames(training.drafts, report);
  const datasets = readDatasets({
    data: data?.value,
    dataTree: data?.tree ?? emptyMap(document),
    datasetsTree: training.datasetsTree,
    chosen: training.defaultDataset,
    chosenTree: training.pipelineTree,
  }, report);
  const weightsPath = top?.model_checkpoint ?? null;
  const files = weightsPath === null || model === undefined ||
      context.options.checkPaths === false
    ? undefined
    : await checkWeightFiles(
      weightsPath,
      {
        document,
        model: model.value,
        strict: top?.model_checkpoint_strict ?? true,
        judges: training.drafts.some(({ checked }) =>
          checked?.task === "train" && checked.options.gan_training
        ),
      },
      report,
    );
  const steps = resolveAll(training.drafts, {
    ...(files === undefined ? {} : { files }),
    file: source.name,
    datasets,
    datasetsTree: training.datasetsTree,
    checkpoint: checkpoint?.tree ?? emptyMap(document),
    interval:
      (output?.value ?? v.parse(OUTPUT_SECTION, {})).checkpoint_save_interval,
  }, report);
  if (model?.value.variant === "fluxflow") {
    checkFluxflowTraining(steps, training.drafts, report);
  }
  if (files !== undefined) {
    const tokenizer = data?.value.tokenizer_name ?? "";
    checkWeightTokenizer(files, { document, steps, tokenizer }, report);
  }
  const text_files = model === undefined || data === undefined ||
      context.options.checkPaths === false
    ? { tokenizer: null, pretrained: null }
    : await checkTextFiles({
      document,
      model: model.value,
      data: data.value,
      steps,
      weights: files,
    }, report);
  let located = datasets.entries;
  if (context.options.checkPaths !== false) {
    const hubDir = data?.value.hub_dir ?? null;
    located = await locateShards(located, { document, steps, hubDir }, report);
    const paths = {
      document,
      datasets: datasets.entries,
      drafts: training.drafts,
      testPictures: output?.value.test_image_address ?? [],
    };
    await checkPaths(steps, paths, report);
    await checkLpipsFiles(steps, training.drafts, report);
  }
  if (
    top === undefined || model === undefined || data === undefined ||
    output === undefined || executor === undefined
  ) return undefined;
  checkJudgedPictures({
    ...{ steps, document },
    ...{ model: model.value, data: data.value },
  }, report);
  checkDrawnPictures({
    steps,
    drafts: training.drafts,
    model: model.value,
    output: output.value,
    document,
  }, report);
  return {
    file: source.name,
    digest: optimizerFile === undefined
      ? context.digest
      : digestRecord([context.digest, optimizerFile.text]),
    ...{ mode: training.mode, name, seed: top.seed },
    ...{ model: model.value, data: data.value, output: output.value },
    datasets: located,
    ...(files === undefined ? {} : { weight_files: files }),
    text_files,
    ...(schedules.length === 0 ? {} : { schedules }),
    ...{ executor: executor.value, hooks, steps },
    sources: {
      text: source,
      document,
      steps: Object.fromEntries(
        training.drafts.map(({ name, own, merged }) => [name, { own, merged }]),
      ),
    },
  };
}

interface StepContext {
  readonly file: string;
  readonly datasets: Datasets;
  readonly datasetsTree: LocatedMap;
  readonly checkpoint: LocatedMap;
  readonly interval: number;
  readonly files?: WeightFilesEntry;
}

function resolveAll(
  drafts: readonly StepDraft[],
  context: StepContext,
  report: Report,
): Pipeline["steps"] {
  const { file, datasets } = context;
  checkDatasetNames(drafts, datasets, report);
  checkDatasetOrigins(drafts, datasets, context.datasetsTree, report);
  const graph = stepGraph(drafts, datasets, report);
  const checkpoints = {
    section: context.checkpoint,
    interval: context.interval,
  };
  return resolveSteps(drafts, {
    ...(context.files === undefined ? {} : { files: context.files }),
    ...{ file, datasets, checkpoints, graph, report },
  });
}

function readSection<S extends v.GenericSchema>(
  document: LocatedMap,
  key: string,
  schema: S,
  report: Report,
): { readonly value: v.InferOutput<S>; readonly tree: LocatedMap } | undefined {
  const tree = sectionAt(document, key, "the pipeline", report);
  if (tree === undefined) return undefined;
  const value = checkOptions(schema, { tree, where: `"${key}"` }, report);
  return value === undefined ? undefined : { value, tree };
}
