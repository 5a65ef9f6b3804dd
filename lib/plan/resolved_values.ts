// The pipeline as it is after defaults, merging and overrides: every value, with where it comes from.
import { DATASET_ENTRY } from "../catalog/data_section.ts";
import type { DatasetEntry, Pipeline } from "../catalog/pipeline.ts";
import {
  locate,
  type Located,
  type PathItem,
  plainValue,
} from "../source/located_tree.ts";
import { mapOf, nodeOf, type ResolvedNode, valueOf } from "./resolved_node.ts";
import { DATASETS, resolvedStep } from "./resolved_step.ts";

/** The values of a pipeline in the layout of its file. What `defaults` and flat keys say stands in the steps that take it. */
export function resolvedValues(pipeline: Pipeline): ResolvedNode {
  const { document } = pipeline.sources;
  const at = (...path: PathItem[]) => locate(document, path);
  const files = pipeline.weight_files;
  const kept = ["schedule", "on_success", "on_failure"].flatMap((key) => {
    const tree = at(key);
    return tree === undefined
      ? []
      : [[key, nodeOf(plainValue(tree), [tree])] as const];
  });
  return mapOf([
    ["name", valueOf(pipeline.name, [at("name")], "derived")],
    ["seed", valueOf(pipeline.seed, [at("seed")])],
    ...(files === undefined ? [] : [
      ["model_checkpoint", valueOf(files.written, [at("model_checkpoint")])],
      [
        "model_checkpoint_strict",
        valueOf(files.strict, [at("model_checkpoint_strict")]),
      ],
    ] as const),
    ...kept,
    ["model", nodeOf(pipeline.model, [at("model")])],
    ["data", nodeOf(pipeline.data, [at("data")])],
    ["output", nodeOf(pipeline.output, [at("output")])],
    ["training", trainingNode(pipeline)],
  ]);
}

function trainingNode(pipeline: Pipeline): ResolvedNode {
  const steps = new Map(
    pipeline.steps.map((step) => [step.name, resolvedStep(step, pipeline)]),
  );
  const [only] = steps.values();
  if (pipeline.mode === "legacy" && only !== undefined) return only;
  const datasets = datasetNodes(pipeline);
  return mapOf([[
    "pipeline",
    mapOf([
      ...(datasets.length === 0
        ? []
        : [["datasets", mapOf(datasets)]] as const),
      ["steps", { kind: "steps", steps }],
    ]),
  ]]);
}

function datasetNodes(pipeline: Pipeline): [string, ResolvedNode][] {
  const tree = locate(pipeline.sources.document, DATASETS);
  const names = tree?.kind === "map" ? [...tree.entries.keys()] : [];
  return names.flatMap((name) => {
    const entry = pipeline.datasets[name];
    return entry === undefined || tree === undefined
      ? []
      : [[name, datasetNode(entry, locate(tree, [name]))]];
  });
}

/** The keys of the file alone: absolute paths are not written by anybody. */
function datasetNode(
  entry: DatasetEntry,
  written: Located | undefined,
): ResolvedNode {
  const keys = Object.keys(DATASET_ENTRY.entries);
  const known = Object.entries(entry).filter(([key]) => keys.includes(key));
  const holdout = entry.split?.share ?? null;
  return nodeOf({ ...Object.fromEntries(known), holdout }, [written]);
}
