// The cells of a matrix: every combination of its axes, less what is excluded, and what is included beside them.
import { canonicalJson } from "../disk/canonical_json.ts";
import {
  exactValue,
  type Located,
  type LocatedMap,
  type Place,
} from "../source/located_tree.ts";
import { formatPosition } from "../source/position.ts";
import { didYouMean } from "../source/suggestion.ts";
import { type AxisValue, readAxisValue } from "./axis_values.ts";
import type { MatrixAxis } from "./matrix_axes.ts";
import type { Report } from "./report.ts";
import { isSettablePath } from "./settable_path.ts";

/** Most combinations that are looked at, those that are excluded included. */
const MOST_COMBINATIONS = 100_000;

/** What a cell sets. */
export interface CellSetting {
  /** Name of the axis, or of the option where no axis sets it. */
  readonly name: string;
  readonly paths: readonly string[];
  readonly value: AxisValue;
  /** Where the option is named. */
  readonly place: Place;
}

/** A cell before it has a seed and a name. */
export interface CellDraft {
  readonly settings: readonly CellSetting[];
  /** Where it was written: an entry of `include`, or the axes. */
  readonly place: Place;
  /** Round of successive halving; absent outside of one. */
  readonly round?: number;
}

/** Entries of `include` and `exclude`. */
export interface MatrixEdits {
  readonly include: readonly Located[];
  readonly exclude: readonly Located[];
}

/** The cells in the order of the axes, the last axis fastest; contradictions are reported. */
export function cellDrafts(
  axes: readonly MatrixAxis[],
  { include, exclude }: MatrixEdits,
  place: Place,
  report: Report,
): CellDraft[] {
  const excluded = readExclusions(exclude, axes, report);
  const count = axes.reduce(
    (product, { values }) => product * values.length,
    1,
  );
  if (count > MOST_COMBINATIONS) {
    report.error(
      place,
      `Cannot run a matrix of ${count} combinations: at most ${MOST_COMBINATIONS} are looked at`,
      "Take values out, or draw from the axes with a search",
    );
    return [];
  }
  const all = axes.length === 0 ? [] : combinations(axes, place);
  for (const one of excluded) {
    if (all.some((cell) => fits(cell, one))) continue;
    report.error(
      one.place,
      "Cannot exclude these values: no combination of the axes has them",
      "Take the entry out, or correct its values",
    );
  }
  const kept = all.filter((cell) => !isExcluded(cell, excluded));
  return [...kept, ...includedCells(include, axes, excluded, report)];
}

/** The cells of `include`. */
export function includedCells(
  include: readonly Located[],
  axes: readonly MatrixAxis[],
  excluded: readonly Exclusion[],
  report: Report,
): CellDraft[] {
  const added = include.flatMap((entry) =>
    entry.kind === "map" ? readInclusion(entry, axes, report) ?? [] : []
  );
  for (const cell of added) {
    const against = excluded.find((one) => fits(cell, one));
    if (against === undefined) continue;
    report.error(
      cell.place,
      `Cannot include these values: the entry of exclude at ${
        formatPosition(against.place.position)
      } leaves them out`,
      "Keep one of the two entries",
    );
  }
  return added;
}

function combinations(
  axes: readonly MatrixAxis[],
  place: Place,
): CellDraft[] {
  return axes.reduce<CellDraft[]>(
    (cells, { name, paths, values, place }) =>
      cells.flatMap((cell) =>
        values.map((value) => ({
          ...cell,
          settings: [...cell.settings, { name, paths, value, place }],
        }))
      ),
    [{ settings: [], place }],
  );
}

/** Values that no cell has together. */
export interface Exclusion {
  readonly values: ReadonlyMap<string, string>;
  readonly place: Place;
}

/** The entries of `exclude`. */
export function readExclusions(
  exclude: readonly Located[],
  axes: readonly MatrixAxis[],
  report: Report,
): Exclusion[] {
  return exclude.flatMap((entry) =>
    entry.kind === "map" ? readExclusion(entry, axes, report) ?? [] : []
  );
}

/** Whether an entry of `exclude` leaves the cell out. */
export function isExcluded(
  cell: CellDraft,
  excluded: readonly Exclusion[],
): boolean {
  return excluded.some((one) => fits(cell, one));
}

function fits({ settings }: CellDraft, { values }: Exclusion): boolean {
  return [...values].every(([name, value]) =>
    settings.some((one) =>
      one.name === name && identityOf(one.value.value) === value
    )
  );
}

/** A value for comparing; 1e-4 and 0.0001 are the same. */
function identityOf(value: Located): string {
  return canonicalJson(exactValue(value));
}

function readExclusion(
  entry: LocatedMap,
  axes: readonly MatrixAxis[],
  report: Report,
): Exclusion | null {
  const values = new Map<string, string>();
  let isSound = true;
  if (entry.entries.size === 0) {
    report.error(
      entry.place,
      "Cannot read an entry of exclude: it has no values, so it would leave out every cell",
    );
    return null;
  }
  for (const [key, { key: place, value }] of entry.entries) {
    const axis = axisCalled(key, axes);
    if (axis === undefined) {
      isSound = false;
      report.error(
        place,
        `Cannot exclude by "${key}": the matrix has no such axis${
          didYouMean(key, axes.map(({ name }) => name))
        }`,
        `Its axes are ${axes.map(({ name }) => name).join(", ") || "none"}`,
      );
    } else values.set(axis.name, identityOf(value));
  }
  return isSound ? { values, place: entry.place } : null;
}

function readInclusion(
  entry: LocatedMap,
  axes: readonly MatrixAxis[],
  report: Report,
): CellDraft | null {
  const settings: CellSetting[] = [];
  let isSound = true;
  if (entry.entries.size === 0) {
    report.error(
      entry.place,
      "Cannot read an entry of include: it has no values",
    );
    return null;
  }
  for (const [key, { key: place, value: written }] of entry.entries) {
    const axis = axisCalled(key, axes);
    const isPath = axis !== undefined || key.includes(".");
    const use = "an option of an included cell";
    const isSettable = axis !== undefined ||
      isPath && isSettablePath(key, { use, place }, report);
    const value = isSettable
      ? readAxisValue(written, `include "${key}"`, report)
      : null;
    if (!isPath) {
      report.error(
        place,
        `Cannot include "${key}": it is neither an axis nor the path of an option${
          didYouMean(key, axes.map(({ name }) => name))
        }`,
        `The axes are ${axes.map(({ name }) => name).join(", ") || "none"}`,
      );
    }
    if (value === null) isSound = false;
    else {
      settings.push({
        name: axis?.name ??
          ownName(key, [
            ...axes.map(({ name }) => name),
            ...entry.entries.keys(),
          ]),
        paths: axis?.paths ?? [key],
        value,
        place,
      });
    }
  }
  return isSound ? { settings, place: entry.place } : null;
}

/** The end of a path, or all of it where something else ends so. */
function ownName(path: string, others: readonly string[]): string {
  const end = (written: string) => written.slice(written.lastIndexOf(".") + 1);
  const isTaken = others.some((other) =>
    other !== path && end(other) === end(path)
  );
  return isTaken ? path : end(path);
}

function axisCalled(
  key: string,
  axes: readonly MatrixAxis[],
): MatrixAxis | undefined {
  return axes.find(({ name }) => name === key) ??
    axes.find(({ paths }) => paths.includes(key));
}
