// `matrix:` of a pipeline to its cells, or to everything that is wrong with it.
import type { MatrixCell, MatrixSearch } from "../catalog/matrix.ts";
import { MATRIX_SECTION, MOST_CELLS } from "../catalog/matrix_options.ts";
import {
  emptyMap,
  exactValue,
  isNull,
  keyPlaceOf,
  locate,
  type Located,
  type LocatedMap,
  type Place,
  placeOf,
} from "../source/located_tree.ts";
import { formatPosition } from "../source/position.ts";
import { checkOptions, sectionAt } from "./check_options.ts";
import { type MatrixAxis, readAxes } from "./matrix_axes.ts";
import { type CellDraft, cellDrafts } from "./matrix_cells.ts";
import { type Assignment, writtenPath } from "./overrides.ts";
import type { Report } from "./report.ts";
import { searchDrafts } from "./matrix_search.ts";
import { runNameFault } from "./step_names.ts";

/** A cell with what it changes in the document. */
export interface PlacedCell extends MatrixCell {
  readonly assignments: readonly Assignment[];
  readonly place: Place;
}

/** A matrix as written. */
export interface WrittenMatrix {
  readonly axes: readonly MatrixAxis[];
  readonly seeds: readonly number[] | null;
  readonly cells: readonly PlacedCell[];
  /** As written, with its place; null where none is. */
  readonly metric: { readonly text: string; readonly place: Place } | null;
  readonly direction: "lower" | "higher" | null;
  readonly search: MatrixSearch | null;
  readonly place: Place;
}

/** Axes and seeds that the command line adds; an axis of the same option takes the place of the file's. */
export interface AddedAxes {
  readonly axes: readonly (readonly [path: string, values: Located])[];
  readonly seeds: number | null;
  /** In place of the file's. */
  readonly search?: MatrixSearch;
  readonly metric?: string;
  readonly direction?: "lower" | "higher";
}

/** Nothing added. */
export const NO_AXES: AddedAxes = { axes: [], seeds: null };

/** The matrix of a document, with `run` in front of the names of its cells; null where it has none. */
export function readMatrix(
  document: LocatedMap,
  run: string,
  added: AddedAxes,
  report: Report,
): WrittenMatrix | null {
  const written = locate(document, ["matrix"]);
  const isWritten = written !== undefined && !isNull(written);
  const isAdded = added.axes.length > 0 || added.seeds !== null ||
    added.search !== undefined;
  if (!isWritten && !isAdded) {
    return null;
  }
  const tree = sectionAt(document, "matrix", "the pipeline", report);
  if (tree === undefined) return null;
  const place = isWritten ? keyPlaceOf(document, ["matrix"]) : document.place;
  const options = checkOptions(
    MATRIX_SECTION,
    { tree, where: '"matrix"' },
    report,
  );
  if (options === undefined) return null;
  const search = added.search ?? options.search;
  const axes = readAxes(axesTree(tree, added), search !== null, report);
  const base = baseSeed(document);
  const seeds = seedsOf(added.seeds ?? options.seeds, base);
  refuseRepeatedSeeds(seeds, placeOf(tree, ["seeds"]), report);
  const edits = {
    include: itemsOf(tree, "include"),
    exclude: itemsOf(tree, "exclude"),
  };
  const drafts = search === null
    ? cellDrafts(axes, edits, place, report)
    : searchDrafts(axes, search, {
      ...{ edits, place, searchPlace: placeOf(tree, ["search"]) },
    }, report);
  const isSound = !report.failed;
  const metric = added.metric ?? options.metric;
  const matrix = {
    ...{
      axes,
      seeds,
      search,
      place,
      direction: added.direction ?? options.direction,
    },
    metric: metric === null
      ? null
      : { text: metric, place: placeOf(tree, ["metric"]) },
  };
  const seeded = axes.length === 0 && drafts.length === 0 && seeds !== null
    ? [{ settings: [], place }]
    : drafts;
  const cells = seeded.flatMap((draft) =>
    (seeds ?? [null]).map((seed) => placedCell(draft, seed, run))
  );
  // What was left out for a fault of its own leaves no empty matrix behind.
  if (cells.length === 0 && isSound) refuseEmpty(place, report);
  refuseUnusableCells(cells, place, report);
  return { ...matrix, cells };
}

function axesTree(tree: LocatedMap, { axes }: AddedAxes): LocatedMap {
  const written = locate(tree, ["axes"]);
  const entries = new Map(
    written?.kind === "map" ? written.entries : emptyMap(tree).entries,
  );
  for (const [path, value] of axes) {
    entries.set(path, { key: value.place, value });
  }
  return { ...tree, entries };
}

function itemsOf(tree: LocatedMap, key: string): readonly Located[] {
  const found = locate(tree, [key]);
  return found?.kind === "list" ? found.items : [];
}

/** The pipeline's seed; what is wrong with it is told when the pipeline is checked. */
function baseSeed(document: LocatedMap): number {
  const found = locate(document, ["seed"]);
  const value = found === undefined ? 0 : exactValue(found);
  return typeof value === "number" ? value : 0;
}

function seedsOf(
  seeds: number | readonly number[] | null,
  base: number,
): readonly number[] | null {
  return typeof seeds === "number"
    ? Array.from({ length: seeds }, (_, index) => base + index)
    : seeds;
}

function refuseRepeatedSeeds(
  seeds: readonly number[] | null,
  place: Place,
  report: Report,
): void {
  if (seeds === null) return;
  if (seeds.length === 0) {
    report.error(
      place,
      'Cannot read "matrix": "seeds" is an empty list, so there is nothing to run',
      "Write a number of seeds or a list of them",
    );
  }
  const twice = seeds.find((seed, index) => seeds.indexOf(seed) !== index);
  if (twice === undefined) return;
  report.error(
    place,
    `Cannot read "matrix": the seed ${twice} is there twice, so that cells would share a name`,
  );
}

function placedCell(
  { settings, place, round }: CellDraft,
  seed: number | null,
  run: string,
): PlacedCell {
  const parts = [
    ...settings.map(({ name, value }) => `${name}-${value.label}`),
    ...(seed === null ? [] : [`seed-${seed}`]),
  ];
  const label = parts.join(".");
  const name = `${run}.${label}`;
  const scalar = (value: string | number) =>
    ({ kind: "scalar", place, value }) as const;
  return {
    run: name,
    label,
    ...{ seed, round: round ?? null, place },
    values: Object.fromEntries(
      settings.map(({ name, value }) => [name, exactValue(value.value)]),
    ),
    shown: Object.fromEntries(
      settings.map(({ name, value }) => [name, value.label]),
    ),
    assignments: [
      ...settings.flatMap(({ paths, value, place: named }) =>
        paths.map((path) => ({
          path: writtenPath(path, named),
          value: value.value,
        }))
      ),
      ...(seed === null
        ? []
        : [{ path: writtenPath("seed", place), value: scalar(seed) }]),
      { path: writtenPath("name", place), value: scalar(name) },
    ],
  };
}

function refuseEmpty(place: Place, report: Report): void {
  report.error(
    place,
    "Cannot run an empty matrix: it has no cell",
    "Write axes, seeds or an include, or take the matrix out",
  );
}

function refuseUnusableCells(
  cells: readonly PlacedCell[],
  place: Place,
  report: Report,
): void {
  if (cells.length > MOST_CELLS) {
    report.error(
      place,
      `Cannot run a matrix of ${cells.length} cells: at most ${MOST_CELLS} are allowed`,
      "Take values out, or draw from the axes with a search",
    );
    return;
  }
  const first = new Map<string, PlacedCell>();
  for (const cell of cells) {
    const other = first.get(cell.run.toLowerCase());
    if (other !== undefined && other.place !== cell.place) {
      report.error(
        cell.place,
        `Cannot include the cell "${cell.label}": the one at ${
          formatPosition(other.place.position)
        } has its values already`,
        "Take the entry out",
      );
    } else if (other !== undefined && other.label !== cell.label) {
      report.error(
        cell.place,
        `Cannot tell the cells "${other.label}" and "${cell.label}" apart: folders of these names are one on some file systems`,
      );
    }
    first.set(cell.run.toLowerCase(), cell);
    const fault = runNameFault(cell.run);
    if (fault === undefined) continue;
    report.error(
      cell.place,
      `Cannot name the cell "${cell.run}", since that is the name of a folder: ${fault}`,
      "Shorten it: an axis takes { path: ..., values: [...] } below a name of your choice, and a value { name: short, value: ... }",
    );
  }
}
