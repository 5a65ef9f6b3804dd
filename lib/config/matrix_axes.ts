// The axes of a matrix: which options each sets, and to which values.
import type * as v from "valibot";
import { MATRIX_AXIS, MOST_CELLS } from "../catalog/matrix_options.ts";
import {
  exactValue,
  isNull,
  type LocatedEntry,
  type LocatedMap,
  type Place,
} from "../source/located_tree.ts";
import { checkOptions } from "./check_options.ts";
import { foundText } from "./issue_message.ts";
import { type AxisValue, numberLabel, readValues } from "./axis_values.ts";
import { rangeFault, rangeLength, rangeValues } from "./matrix_range.ts";
import type { Report } from "./report.ts";
import { isSettablePath } from "./settable_path.ts";
import { nameFault } from "./step_names.ts";

/** A stretch of numbers that a search draws from. */
export interface AxisRange {
  readonly from: number;
  readonly to: number;
  readonly scale: "linear" | "log";
}

/** One axis. */
export interface MatrixAxis {
  readonly name: string;
  /** The options that it sets, as --set names them. */
  readonly paths: readonly string[];
  /** Empty where `range` says all. */
  readonly values: readonly AxisValue[];
  /** A range without a number of values; null for every other axis. */
  readonly range: AxisRange | null;
  readonly place: Place;
}

/** The axes of the map `axes`; what is wrong with them is reported. `isSearched` allows ranges without a number of values. */
export function readAxes(
  axes: LocatedMap,
  isSearched: boolean,
  report: Report,
): MatrixAxis[] {
  const read = [...axes.entries].flatMap(([key, entry]) =>
    readAxis(key, entry, isSearched, report) ?? []
  );
  const named = withNames(read);
  refuseRepeatedPaths(named, report);
  return named;
}

type UnnamedAxis = Omit<MatrixAxis, "name"> & {
  /** Null where the path names the axis. */
  readonly ownName: string | null;
};

function readAxis(
  key: string,
  { key: place, value }: LocatedEntry,
  isSearched: boolean,
  report: Report,
): UnnamedAxis | undefined {
  const where = `matrix axis "${key}"`;
  if (value.kind === "list") {
    const paths = pathsOf([key], place, report);
    const values = readValues(value.items, place, where, report);
    return paths === null || values === null
      ? undefined
      : { ownName: null, paths, values, range: null, place };
  }
  if (value.kind !== "map") {
    report.error(
      value.place,
      `Cannot read ${where}: wanted a list of values or a map with a range, found ${
        foundText(exactValue(value))
      }`,
      "Write for example [1e-4, 3e-4], or { from: 1e-4, to: 1e-2, count: 5, scale: log }",
    );
    return undefined;
  }
  const options = checkOptions(MATRIX_AXIS, { tree: value, where }, report);
  if (options === undefined) return undefined;
  const paths = pathsOf(
    options.path === null
      ? [key]
      : typeof options.path === "string"
      ? [options.path]
      : options.path,
    place,
    report,
  );
  const own = options.path === null ? null : labelOrFault(key, place, report);
  const domain = readDomain(
    options,
    { tree: value, where, isSearched },
    report,
  );
  if (paths === null || own === undefined || domain === null) return undefined;
  return { ownName: own, paths, ...domain, place };
}

function labelOrFault(
  name: string,
  place: Place,
  report: Report,
): string | undefined {
  const fault = nameFault(name);
  if (fault === undefined) return name;
  report.error(
    place,
    `Cannot use ${
      JSON.stringify(name)
    } as the name of a matrix axis, which names files: ${fault}`,
  );
  return undefined;
}

function pathsOf(
  paths: readonly string[],
  place: Place,
  report: Report,
): readonly string[] | null {
  const use = "an axis of a matrix";
  const sound = paths.filter((path) =>
    isSettablePath(path, { use, place }, report)
  );
  if (paths.length > 0) return sound.length === paths.length ? paths : null;
  report.error(place, "Cannot read a matrix axis: its path is an empty list");
  return null;
}

type Domain = Pick<MatrixAxis, "values" | "range">;

function readDomain(
  options: v.InferOutput<typeof MATRIX_AXIS>,
  { tree, where, isSearched }: {
    readonly tree: LocatedMap;
    readonly where: string;
    readonly isSearched: boolean;
  },
  report: Report,
): Domain | null {
  const { from, to, step, count, scale } = options;
  const list = tree.entries.get("values")?.value;
  const isRange = [from, to, step, count].some((one) => one !== null);
  if (list !== undefined && !isNull(list)) {
    if (isRange) {
      report.error(
        list.place,
        `Cannot read ${where}: it has a list of values and a range`,
        "Keep one of the two",
      );
      return null;
    }
    const items = list.kind === "list" ? list.items : [];
    const values = readValues(items, list.place, where, report);
    return values === null ? null : { values, range: null };
  }
  const fault = rangeFault(options, isSearched);
  if (fault !== null) {
    report.error(
      tree.place,
      `Cannot read ${where}: ${fault}`,
      "Write from and to with a step or a count, such as { from: 1e-4, to: 1e-2, count: 5, scale: log }",
    );
    return null;
  }
  if (from === null || to === null) return null;
  if (step === null && count === null) {
    return { values: [], range: { from, to, scale } };
  }
  const range = { from, to, step, count, scale };
  const length = rangeLength(range);
  if (length > MOST_CELLS) {
    report.error(
      tree.place,
      `Cannot read ${where}: the range has ${length} values, at most ${MOST_CELLS} are allowed`,
      "Write a greater step, or a count",
    );
    return null;
  }
  const values = rangeValues(range).map((value): AxisValue => ({
    label: numberLabel(value),
    value: { kind: "scalar", place: tree.place, value },
  }));
  return { values, range: null };
}

/** The shortest ends of the paths that tell the axes apart. */
function withNames(axes: readonly UnnamedAxis[]): MatrixAxis[] {
  const parts = axes.map(({ paths, ownName }) =>
    ownName === null ? (paths[0] ?? "").split(".") : [ownName]
  );
  const endOf = (index: number, length: number) =>
    (parts[index] ?? []).slice(-length).join(".");
  return axes.map(({ ownName: _, ...axis }, index) => {
    const longest = parts[index]?.length ?? 1;
    let length = 1;
    const isTaken = () =>
      parts.some((_, other) =>
        other !== index && endOf(other, length) === endOf(index, length)
      );
    while (length < longest && isTaken()) length++;
    return { ...axis, name: endOf(index, length) };
  });
}

function refuseRepeatedPaths(
  axes: readonly MatrixAxis[],
  report: Report,
): void {
  const setBy = new Map<string, string>();
  const names = new Set<string>();
  for (const { name, paths, place } of axes) {
    for (const path of paths) {
      const other = setBy.get(path);
      if (other !== undefined) {
        report.error(
          place,
          `Cannot read matrix axis "${name}": axis "${other}" sets "${path}" too`,
          "Put the values into one axis",
        );
      }
      setBy.set(path, name);
    }
    if (names.has(name)) {
      report.error(place, `Cannot use two matrix axes called "${name}"`);
    }
    names.add(name);
  }
}
