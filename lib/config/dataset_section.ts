// Named datasets and the `data` section's own, checked and with absolute paths.
import { isAbsolute, normalize, resolve } from "node:path";
import type * as v from "valibot";
import { type DataSection, DATASET_ENTRY } from "../catalog/data_section.ts";
import type { DatasetEntry, FolderEntry } from "../catalog/pipeline.ts";
import { isNull, type LocatedMap, placeOf } from "../source/located_tree.ts";
import { didYouMean } from "../source/suggestion.ts";
import { checkOptions } from "./check_options.ts";
import { addParts, viewOf } from "./dataset_views.ts";
import type { Report } from "./report.ts";
import { readShardEntry, topShardEntry } from "./shard_entry.ts";

/** Name of the dataset that the `data` section makes. */
const TOP_DATASET = "default";

/** Where the keys of a dataset are written, and how messages call the place. */
export function datasetHome(
  name: string,
): {
  readonly isTop: boolean;
  readonly section: readonly string[];
  readonly where: string;
} {
  return name === TOP_DATASET
    ? { isTop: true, section: ["data"], where: "of the data section" }
    : {
      isTop: false,
      section: ["training", "pipeline", "datasets", name],
      where: `of dataset "${name}"`,
    };
}

/** The datasets of a file. `names` holds refused ones too, so that references to them are not blamed as well. */
export interface Datasets {
  readonly entries: Readonly<Record<string, DatasetEntry>>;
  readonly names: ReadonlySet<string>;
  /** The dataset of steps that name none. */
  readonly fallback: string | undefined;
}

/** Where datasets are written. */
export interface DatasetSources {
  /** Undefined where the section was refused: whether it makes a dataset is not known then. */
  readonly data: DataSection | undefined;
  readonly dataTree: LocatedMap;
  readonly datasetsTree: LocatedMap;
  /** `default_dataset`, where it is written. */
  readonly chosen: string | null;
  /** The section that holds `default_dataset`. */
  readonly chosenTree: LocatedMap;
}

/** Checks every dataset and resolves paths against the working directory. */
export function readDatasets(
  sources: DatasetSources,
  report: Report,
): Datasets {
  const entries: Record<string, DatasetEntry> = {};
  const names: Set<string> = new Set(sources.datasetsTree.entries.keys());
  for (const [name, { value }] of sources.datasetsTree.entries) {
    const options = checkOptions(DATASET_ENTRY, {
      tree: value,
      where: `dataset "${name}"`,
    }, report);
    if (
      options === undefined || value.kind !== "map" ||
      !isKindRead(options.type, value)
    ) continue;
    const entry = resolveEntry(name, options, value, report);
    if (entry !== undefined) {
      addParts(entries, { name, entry, options, tree: value }, names, report);
    }
  }
  const isTopNamed = names.has(TOP_DATASET);
  const top = topDataset(sources, names, report);
  if (top !== undefined && isTopNamed) {
    report.error(
      sources.datasetsTree.entries.get(TOP_DATASET)!.key,
      `Cannot name a dataset "${TOP_DATASET}": that is the one of the "data" section`,
      "Give it another name, or take data_path out of the data section",
    );
  } else if (top !== undefined && sources.data !== undefined) {
    names.add(TOP_DATASET);
    const written = { options: sources.data, tree: sources.dataTree };
    addParts(
      entries,
      { name: TOP_DATASET, entry: top, ...written },
      names,
      report,
    );
  }
  return { entries, names, fallback: fallbackName(sources, names, report) };
}

/** What a dataset lacks is known where its kind is. */
function isKindRead(kind: string, tree: LocatedMap): boolean {
  const written = tree.entries.get("type")?.value;
  return written === undefined || isNull(written) ||
    (written.kind === "scalar" && written.value === kind);
}

function resolveEntry(
  name: string,
  options: v.InferOutput<typeof DATASET_ENTRY>,
  tree: LocatedMap,
  report: Report,
): DatasetEntry | undefined {
  const where = `dataset "${name}"`;
  if (options.type === "webdataset") {
    return readShardEntry(options, { tree, where }, report);
  }
  for (const key of ["image_folder", "captions_file"] as const) {
    const value = options[key];
    if (value === null) {
      report.error(
        tree.place,
        `Cannot read ${where}: the key "${key}" is missing`,
      );
    } else if (options.from !== null && leavesFolder(value)) {
      report.error(
        placeOf(tree, [key]),
        `Cannot read ${where}: "${key}" must lie in the output of step "${options.from}", found "${value}"`,
        "Write a path without .. that does not start with /",
      );
    }
  }
  for (const [key, { key: place, value }] of tree.entries) {
    if (key.startsWith("webdataset_") && !isNull(value)) {
      report.error(
        place,
        `Cannot read ${where}: "${key}" belongs to datasets of type webdataset`,
      );
    }
  }
  const { image_folder, captions_file, from, batch_size, workers } = options;
  if (image_folder === null || captions_file === null) return undefined;
  return {
    type: "local",
    from,
    image_folder,
    captions_file,
    batch_size,
    workers,
    ...viewOf(options, tree, where, report),
    ...absolutePaths(options),
  };
}

function absolutePaths(
  options: {
    readonly from: string | null;
    readonly image_folder: string | null;
    readonly captions_file: string | null;
  },
): Pick<FolderEntry, "image_folder_path" | "captions_file_path"> {
  const { from, image_folder, captions_file } = options;
  return {
    image_folder_path: from === null && image_folder !== null
      ? resolve(image_folder)
      : null,
    captions_file_path: from === null && captions_file !== null
      ? resolve(captions_file)
      : null,
  };
}

function topDataset(
  { data, dataTree }: DatasetSources,
  names: Set<string>,
  report: Report,
): DatasetEntry | undefined {
  if (data === undefined) {
    names.add(TOP_DATASET);
    return undefined;
  }
  const { data_path, captions_file } = data;
  if (data.use_webdataset || data.use_tt2m) {
    names.add(TOP_DATASET); // so that steps are not blamed for what is wrong with it
    return topShardEntry(data, dataTree, report);
  }
  if (data_path === null && captions_file === null) return undefined;
  if (data_path === null || captions_file === null) {
    const missing = data_path === null ? "data_path" : "captions_file";
    report.error(
      dataTree.place,
      `Cannot read "data": the key "${missing}" is missing beside the other of the pair`,
    );
    names.add(TOP_DATASET); // so that steps are not blamed for it as well
    return undefined;
  }
  const written = { from: null, image_folder: data_path, captions_file };
  return {
    type: "local",
    ...written,
    batch_size: null,
    workers: null,
    ...viewOf(data, dataTree, '"data"', report),
    ...absolutePaths(written),
  };
}

function fallbackName(
  sources: DatasetSources,
  names: ReadonlySet<string>,
  report: Report,
): string | undefined {
  const { chosen, chosenTree } = sources;
  if (chosen === null) return names.has(TOP_DATASET) ? TOP_DATASET : undefined;
  if (!names.has(chosen)) {
    const list = names.size === 0
      ? "the file defines no datasets"
      : `datasets here are ${[...names].join(", ")}`;
    report.error(
      placeOf(chosenTree, ["default_dataset"]),
      `Cannot read "training.pipeline": "default_dataset" names "${chosen}", which is no dataset of this file${
        didYouMean(chosen, names)
      }`,
      `Define it in "training.pipeline.datasets"; ${list}`,
    );
  }
  return chosen;
}

function leavesFolder(path: string): boolean {
  const plain = normalize(path).replaceAll("\\", "/");
  return isAbsolute(path) || plain === ".." || plain.startsWith("../");
}
