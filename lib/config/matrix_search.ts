// Cells drawn from the axes. Which cells a search may run is a function of its options alone, so that a search that was
// killed goes on with the same ones; which of them run in later rounds is a function of results (lib/matrix/halving.ts).
import type { MatrixSearch } from "../catalog/matrix.ts";
import { RandomStream } from "../random/random_stream.ts";
import type { Located, Place } from "../source/located_tree.ts";
import { type AxisValue, numberLabel } from "./axis_values.ts";
import type { MatrixAxis } from "./matrix_axes.ts";
import {
  type CellDraft,
  type CellSetting,
  type Exclusion,
  includedCells,
  isExcluded,
  type MatrixEdits,
  readExclusions,
} from "./matrix_cells.ts";
import { rounded, SHORT_DIGITS } from "./matrix_range.ts";
import type { Report } from "./report.ts";
import { isSettablePath } from "./settable_path.ts";

/** Draws in vain, one after the other, after which nothing new is expected. */
const MOST_REPEATS = 1000;

/** Where a search is written. */
export interface SearchPlaces {
  readonly edits: MatrixEdits;
  readonly place: Place;
  readonly searchPlace: Place;
}

/**
 * The cells that a search may run. Random search (Bergstra and Bengio 2012): as many draws as its budget. Successive halving
 * (Jamieson and Talwalkar 2016): every draw in every round, each round with `keep_one_in` times the resource of the one before.
 * A larger budget begins with the draws of a smaller one; draws that are excluded are drawn again, and what is included comes
 * beside the budget.
 */
export function searchDrafts(
  axes: readonly MatrixAxis[],
  search: MatrixSearch,
  { edits, place, searchPlace }: SearchPlaces,
  report: Report,
): CellDraft[] {
  const excluded = readExclusions(edits.exclude, axes, report);
  if (axes.length === 0) {
    report.error(searchPlace, "Cannot search: the matrix has no axes");
    return [];
  }
  if (search.type === "random") {
    refuseHalvingKeys(search, searchPlace, report);
    return [
      ...draw(axes, { ...search, count: search.budget, place, excluded }),
      ...includedCells(edits.include, axes, excluded, report),
    ];
  }
  const rounds = halvingRounds(search);
  if (typeof rounds === "string") {
    report.error(searchPlace, `Cannot search by halving: ${rounds}`);
    return [];
  }
  for (const entry of edits.include) {
    report.error(
      entry.place,
      "Cannot include cells in a search by halving: all of its cells are drawn",
      "Take the entry out, or write type: random",
    );
  }
  const path = search.resource ?? "";
  const name = resourceName(search);
  refuseResource({ path, name }, axes, searchPlace, report);
  const count = rounds[0]?.cells ?? 0;
  const drawn = draw(axes, { ...search, count, place, excluded });
  return rounds.flatMap(({ resource }, round) =>
    drawn.map((draft) => ({
      ...{ place, round },
      settings: [...draft.settings, {
        ...{ name, paths: [path], place: searchPlace },
        value: drawnValue(resource, searchPlace),
      }],
    }))
  );
}

/** What the resource of a search is called in the names of cells. */
export function resourceName({ resource }: MatrixSearch): string {
  return resource?.split(".").at(-1) ?? "";
}

/** Cells of other rounds are told apart by the resource alone: no axis may set it, or be called so. */
function refuseResource(
  resource: { readonly path: string; readonly name: string },
  axes: readonly MatrixAxis[],
  place: Place,
  report: Report,
): void {
  const use = "the resource of a search";
  if (!isSettablePath(resource.path, { use, place }, report)) return;
  for (const { name, paths, place } of axes) {
    if (paths.includes(resource.path)) {
      report.error(
        place,
        `Cannot search by halving: matrix axis "${name}" sets the resource`,
        "Take the axis out: the rounds set its option",
      );
    } else if (name === resource.name) {
      report.error(
        place,
        `Cannot search by halving: matrix axis "${name}" is called like the resource`,
        "Write { path: ..., values: [...] } below a name of your choice",
      );
    }
  }
}

/** One round of successive halving. */
export interface HalvingRound {
  /** How many cells run in it. */
  readonly cells: number;
  readonly resource: number;
}

/** The rounds that the budget pays for; a clause that says what is wrong where it pays for none. */
export function halvingRounds(
  { budget, resource, from, to, keep_one_in: eta }: MatrixSearch,
): readonly HalvingRound[] | string {
  if (resource === null) return 'it names no "resource"';
  if (from === null || to === null) {
    return 'it needs "from" and "to", the resource of the first and the last round';
  }
  if (from > to) return `the resource from ${from} to ${to} is empty`;
  if (from < 1) return `the resource begins with ${from}, wanted 1 or more`;
  if (eta < 2) return `it keeps one in ${eta}, wanted one in 2 or more`;
  const resources: number[] = [];
  for (let one = from; one < to; one *= eta) resources.push(one);
  resources.push(to);
  const cellsOf = (first: number) =>
    resources.map((_, round) => Math.floor(first / eta ** round));
  const costOf = (first: number) =>
    cellsOf(first).reduce((sum, cells) => sum + cells, 0);
  const least = eta ** (resources.length - 1);
  if (costOf(least) > budget) {
    return `${resources.length} rounds that keep one in ${eta} take at least ${
      costOf(least)
    } cells, the budget is ${budget}`;
  }
  let first = least;
  while (costOf(first + 1) <= budget) first++;
  const cells = cellsOf(first);
  return resources.map((one, round) => ({
    cells: cells[round] ?? 0,
    resource: one,
  }));
}

function refuseHalvingKeys(
  { resource, from, to }: MatrixSearch,
  place: Place,
  report: Report,
): void {
  if (resource === null && from === null && to === null) return;
  report.error(
    place,
    "Cannot use resource, from and to in a random search: it has no rounds",
    "Write type: halving, or take them out",
  );
}

function draw(
  axes: readonly MatrixAxis[],
  { count, seed, place, excluded }: {
    readonly count: number;
    readonly seed: number;
    readonly place: Place;
    readonly excluded: readonly Exclusion[];
  },
): CellDraft[] {
  const stream = RandomStream.of(seed, "matrix search");
  const drawn = new Map<string, CellDraft>();
  for (let repeats = 0; drawn.size < count && repeats < MOST_REPEATS;) {
    const settings = axes.map((axis) => setting(axis, stream));
    const identity = JSON.stringify(settings.map(({ value }) => value.label));
    const isNew = !drawn.has(identity) &&
      !isExcluded({ settings, place }, excluded);
    repeats = isNew ? 0 : repeats + 1;
    if (isNew) drawn.set(identity, { settings, place });
  }
  return [...drawn.values()];
}

function setting(
  { name, paths, values, range, place }: MatrixAxis,
  stream: RandomStream,
): CellSetting {
  if (range === null) {
    return {
      ...{ name, paths, place },
      value: values[stream.integer(values.length)] as AxisValue,
    };
  }
  const { from, to, scale } = range;
  const share = stream.uniform();
  const value = scale === "log"
    ? from * (to / from) ** share
    : from + (to - from) * share;
  return {
    ...{ name, paths, place },
    value: drawnValue(rounded(value, SHORT_DIGITS), place),
  };
}

function drawnValue(value: number, place: Place): AxisValue {
  const scalar: Located = { kind: "scalar", place, value };
  return { label: numberLabel(value), value: scalar };
}
