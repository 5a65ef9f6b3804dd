// How the pictures of a dataset are seen: mirrored, cropped, and in two parts where some are held out.
import type { DatasetView } from "../catalog/dataset_entry.ts";
import type { DatasetEntry } from "../catalog/pipeline.ts";
import { keyPlaceOf, type LocatedMap } from "../source/located_tree.ts";
import type { Report } from "./report.ts";

/** What a dataset's name gets behind it for the part that is held out. */
export const HOLDOUT_SUFFIX = ".holdout";

/** Share of the area that a random crop shows at least, where none is written. */
const DEFAULT_CROP_SCALE = 0.75;

/** The keys of a dataset that say how it is seen. */
export interface ViewOptions {
  readonly flip: boolean;
  readonly crop: "center" | "random";
  readonly crop_scale: number | null;
  readonly holdout: number | null;
}

/** How training sees the dataset. */
export function viewOf(
  { flip, crop, crop_scale, holdout }: ViewOptions,
  tree: LocatedMap,
  where: string,
  report: Report,
): DatasetView {
  if (crop === "center" && crop_scale !== null) {
    report.error(
      keyPlaceOf(tree, ["crop_scale"]),
      `Cannot read ${where}: "crop_scale" has no effect without "crop: random"`,
      'Write "crop: random", or leave crop_scale out',
    );
  }
  return {
    flip,
    crop,
    crop_scale: crop === "center" ? null : crop_scale ?? DEFAULT_CROP_SCALE,
    split: holdout === null ? null : { share: holdout, part: "training" },
  };
}

/** Enters a dataset, and what it holds out as another one that is seen as it is. */
export function addParts(
  entries: Record<string, DatasetEntry>,
  { name, entry, options, tree }: {
    readonly name: string;
    readonly entry: DatasetEntry;
    readonly options: ViewOptions;
    readonly tree: LocatedMap;
  },
  names: Set<string>,
  report: Report,
): void {
  entries[name] = entry;
  if (options.holdout === null) return;
  const other = `${name}${HOLDOUT_SUFFIX}`;
  if (names.has(other)) {
    report.error(
      keyPlaceOf(tree, ["holdout"]),
      `Cannot hold out a part of dataset "${name}": there is a dataset "${other}" already`,
      "Give that one another name",
    );
    return;
  }
  names.add(other);
  entries[other] = {
    ...entry,
    flip: false,
    crop: "center",
    crop_scale: null,
    split: { share: options.holdout, part: "holdout" },
  };
}
