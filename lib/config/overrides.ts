// `--set a.b=value`: changes to a document, each with a place of its own on the command line.
import { didYouMean } from "../source/suggestion.ts";
import type {
  Located,
  LocatedEntry,
  LocatedList,
  LocatedMap,
  Place,
} from "../source/located_tree.ts";
import { positionAt, type SourceText } from "../source/position.ts";
import type { Report } from "./report.ts";
import { readYaml } from "./yaml_document.ts";

interface Segment {
  readonly name: string;
  readonly place: Place;
}

/** A value for the place that `path` leads to. */
export interface Assignment {
  readonly path: readonly Segment[];
  readonly value: Located;
}

/**
 * The document with every override laid on it, in order. Maps on the way are made where they are missing; an item of a list is
 * addressed by its index or, in a list of steps, by its `name`. A dot that belongs to a name is written `\.`.
 */
export function applyOverrides(
  document: LocatedMap,
  overrides: readonly string[],
  report: Report,
): LocatedMap {
  let changed = document;
  for (const [index, text] of overrides.entries()) {
    const override = readOverride({ name: `--set#${index + 1}`, text }, report);
    if (override !== undefined) changed = assign(changed, [override], report);
  }
  return changed;
}

/** The document with every value put in its place, in order. */
export function assign(
  document: LocatedMap,
  assignments: readonly Assignment[],
  report: Report,
): LocatedMap {
  let changed: Located = document;
  for (const { path, value } of assignments) {
    changed = put(changed, path, value, report);
  }
  return changed.kind === "map" ? changed : document;
}

/** A path as it is written elsewhere than in an override: every part of it stands at `place`. */
export function writtenPath(path: string, place: Place): readonly Segment[] {
  return segments({ name: "", text: path }, path.length)
    .map(({ name }) => ({ name, place }));
}

function readOverride(
  source: SourceText,
  report: Report,
): Assignment | undefined {
  const equals = source.text.indexOf("=");
  const path = equals > 0 ? segments(source, equals) : [];
  const nameless = path.find(({ name }) => name === "");
  if (path.length === 0 || nameless !== undefined) {
    report.error(
      nameless?.place ??
        { source, position: positionAt(source, 0, source.text.length) },
      `Cannot read the override "${source.text}": it is not of the form key.key=value`,
      "Write for example --set training.pipeline.defaults.lr=1e-4",
    );
    return undefined;
  }
  const odd = path.find(({ name }) => name === "__proto__");
  if (odd !== undefined) {
    report.error(
      odd.place,
      `Cannot read the override "${source.text}": "__proto__" cannot be a key`,
    );
    return undefined;
  }
  const value = readYaml(source, report, equals + 1);
  if (value === undefined) return undefined;
  const place = {
    source,
    position: positionAt(source, equals + 1, source.text.length),
  };
  return { path, value: value.kind === "scalar" ? { ...value, place } : value };
}

function segments(source: SourceText, end: number): Segment[] {
  const found: Segment[] = [];
  let start = 0;
  for (let at = 0; at <= end; at++) {
    const isDot = source.text[at] === "." && source.text[at - 1] !== "\\";
    if (at !== end && !isDot) continue;
    const name = source.text.slice(start, at).replaceAll("\\.", ".").trim();
    found.push({
      name,
      place: { source, position: positionAt(source, start, at) },
    });
    start = at + 1;
  }
  return found;
}

function put(
  tree: Located,
  path: readonly Segment[],
  value: Located,
  report: Report,
): Located {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  if (tree.kind === "list") return putItem(tree, first, rest, value, report);
  if (tree.kind === "scalar" && tree.value !== null) {
    report.error(
      first.place,
      `Cannot set "${first.name}": the value it should be in is ${
        JSON.stringify(tree.value)
      }, not a map`,
    );
    return tree;
  }
  const entries: Map<string, LocatedEntry> = new Map(
    tree.kind === "map" ? tree.entries : [],
  );
  const below = entries.get(first.name)?.value ??
    {
      kind: "map",
      place: first.place,
      entries: new Map<string, LocatedEntry>(),
    };
  entries.set(first.name, {
    key: first.place,
    value: put(below, rest, value, report),
  });
  return {
    kind: "map",
    place: tree.kind === "map" ? tree.place : first.place,
    entries,
  };
}

function putItem(
  list: LocatedList,
  segment: Segment,
  rest: readonly Segment[],
  value: Located,
  report: Report,
): LocatedList {
  const names = list.items.map(itemName);
  const byName = names.indexOf(segment.name);
  const index = byName !== -1
    ? byName
    : /^\d+$/.test(segment.name)
    ? Number(segment.name)
    : -1;
  const item = list.items[index];
  if (item === undefined) {
    const known = names.filter((name) => name !== undefined);
    report.error(
      segment.place,
      `Cannot set an item of the list: it has no item "${segment.name}"${
        didYouMean(segment.name, known)
      }`,
      known.length > 0
        ? `Name one of ${
          known.map((name) => `"${name}"`).join(", ")
        }, or an index from 0 to ${list.items.length - 1}`
        : `Give an index from 0 to ${list.items.length - 1}`,
    );
    return list;
  }
  return {
    ...list,
    items: list.items.with(index, put(item, rest, value, report)),
  };
}

function itemName(item: Located): string | undefined {
  const name = item.kind === "map"
    ? item.entries.get("name")?.value
    : undefined;
  return name?.kind === "scalar" && typeof name.value === "string"
    ? name.value
    : undefined;
}
