// One part of the document against its schema, every issue with its place.
import * as v from "valibot";
import {
  exactValue,
  isNull,
  keyPlaceOf,
  locate,
  type Located,
  type LocatedMap,
  type PathItem,
  type Place,
  placeOf,
  plainValue,
} from "../source/located_tree.ts";
import {
  describeIssue,
  foundText,
  isMissingKey,
  meantKey,
} from "./issue_message.ts";
import { mendedValue } from "./mended_value.ts";
import type { Report } from "./report.ts";

/** What is checked. `where` is how errors call it, such as `step "flow"`; a function may call inherited values differently. */
export interface CheckedPart {
  readonly tree: Located;
  readonly where: string | ((path: readonly PathItem[]) => string);
  /** Keys whose values are the user's own data: nulls stay in them. */
  readonly exactKeys?: readonly string[];
  /** Keys whose values are checked elsewhere: they are not unfolded here, since thousands of steps may lie in them. */
  readonly elsewhere?: readonly string[];
}

/**
 * The value with its defaults. Where issues were reported it is what was most likely meant, for checks of the rest, or undefined where
 * nobody can tell; the report then fails, and nothing is run with it.
 */
export function checkOptions<S extends v.GenericSchema>(
  schema: S,
  part: CheckedPart,
  report: Report,
): v.InferOutput<S> | undefined {
  const input = inputOf(part);
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  // A key that is there under a wrong name is not missing as well.
  const misspelt = result.issues.flatMap((issue) => {
    const meant = meantKey(issue);
    return meant === undefined ? [] : [[...pathOf(issue).slice(0, -1), meant]];
  });
  const reported = new Set(
    misspelt.map((path) => `missing ${JSON.stringify(path)}`),
  );
  for (const issue of result.issues) {
    const path = pathOf(issue);
    // A value that fails one rule often fails the next; the first one says what to do.
    const identity = `${isMissingKey(issue) ? "missing " : ""}${
      JSON.stringify(path)
    }`;
    if (reported.has(identity)) continue;
    reported.add(identity);
    reportIssue(issue, path, part, report);
  }
  return mendedValue(schema, input, result.issues);
}

/** The map at a key of a map; an empty one where nothing, or null, is written; undefined (reported) where it is something else. */
export function sectionAt(
  parent: LocatedMap,
  key: string,
  where: string,
  report: Report,
): LocatedMap | undefined {
  const entry = parent.entries.get(key);
  if (entry === undefined) {
    return { kind: "map", place: parent.place, entries: new Map() };
  }
  const { value } = entry;
  if (value.kind === "map") return value;
  if (value.kind === "scalar" && value.value === null) {
    return { kind: "map", place: entry.key, entries: new Map() };
  }
  report.error(
    value.place,
    `Cannot read ${where}: "${key}" must be a map, found ${
      foundText(exactValue(value))
    }`,
  );
  return undefined;
}

function inputOf(
  { tree, exactKeys = [], elsewhere = [] }: CheckedPart,
): unknown {
  if (tree.kind !== "map") return plainValue(tree);
  const members: [string, unknown][] = [];
  for (const [key, { value }] of tree.entries) {
    if (isNull(value)) continue;
    const member = elsewhere.includes(key)
      ? {}
      : exactKeys.includes(key)
      ? exactValue(value)
      : plainValue(value);
    members.push([key, member]);
  }
  return Object.fromEntries(members);
}

function pathOf(issue: v.BaseIssue<unknown>): PathItem[] {
  const path = (issue.path ?? []).map(({ key }) => key as PathItem);
  // A tuple of the wrong length is wrong as a whole, not at the item that it lacks.
  return issue.type === "strict_tuple" && issue.expected === "never"
    ? path.slice(0, -1)
    : path;
}

function reportIssue(
  issue: v.BaseIssue<unknown>,
  path: PathItem[],
  part: CheckedPart,
  report: Report,
): void {
  const where = typeof part.where === "string" ? part.where : part.where(path);
  const input = locate(part.tree, path);
  const described = describeIssue(
    input === undefined ? issue : { ...issue, input: exactValue(input) },
    where,
    path.map(String),
  );
  report.error(
    placeFor(described.about, part.tree, path),
    described.message,
    described.hint,
  );
}

function placeFor(
  about: "unknown key" | "missing key" | "value",
  tree: Located,
  path: PathItem[],
): Place {
  if (about === "unknown key") return keyPlaceOf(tree, path);
  return placeOf(tree, about === "missing key" ? path.slice(0, -1) : path);
}
