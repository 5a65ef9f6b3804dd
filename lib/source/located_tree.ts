// Plain configuration values (maps, lists, scalars) that remember where each of them was written.
import {
  positionAt,
  type SourcePosition,
  type SourceText,
} from "./position.ts";

/** A place: the text and the span in it. */
export interface Place {
  readonly source: SourceText;
  readonly position: SourcePosition;
}

/** The place of the span `[start, end)` of `source`, in UTF-16 offsets. */
export function placeAt(source: SourceText, start: number, end: number): Place {
  return new SpanPlace(source, start, end);
}

/** A file has tens of thousands of places, and lines and columns are wanted of a few. */
class SpanPlace implements Place {
  #position: SourcePosition | undefined;

  constructor(
    readonly source: SourceText,
    readonly start: number,
    readonly end: number,
  ) {}

  get position(): SourcePosition {
    return this.#position ??= positionAt(this.source, this.start, this.end);
  }
}

/** A value and where it stands. */
export type Located = LocatedMap | LocatedList | LocatedScalar;

/** A map; `entries` keep the order of the text. */
export interface LocatedMap {
  readonly kind: "map";
  readonly place: Place;
  readonly entries: ReadonlyMap<string, LocatedEntry>;
}

/** One key of a map, with the place of the key itself. */
export interface LocatedEntry {
  readonly key: Place;
  readonly value: Located;
}

/** A list. */
export interface LocatedList {
  readonly kind: "list";
  readonly place: Place;
  readonly items: readonly Located[];
}

/** A string, number, boolean or null. */
export interface LocatedScalar {
  readonly kind: "scalar";
  readonly place: Place;
  readonly value: string | number | boolean | null;
}

/** One step of a path into a tree: a key of a map or an index of a list. */
export type PathItem = string | number;

/** The value at a path, or undefined where the path leaves the tree. */
export function locate(
  tree: Located,
  path: readonly PathItem[],
): Located | undefined {
  let at: Located | undefined = tree;
  for (const item of path) {
    if (at?.kind === "map") at = at.entries.get(String(item))?.value;
    else if (at?.kind === "list" && typeof item === "number") {
      at = at.items[item];
    } else return undefined;
  }
  return at;
}

/** The place of the value at a path; where the path leaves the tree, the place of the last value on it. */
export function placeOf(tree: Located, path: readonly PathItem[]): Place {
  for (let length = path.length; length > 0; length--) {
    const found = locate(tree, path.slice(0, length));
    if (found !== undefined) return found.place;
  }
  return tree.place;
}

/** The place of the last key of a path; of a list item or a missing key, as {@linkcode placeOf}. */
export function keyPlaceOf(tree: Located, path: readonly PathItem[]): Place {
  const parent = locate(tree, path.slice(0, -1));
  const entry = parent?.kind === "map"
    ? parent.entries.get(String(path.at(-1)))
    : undefined;
  return entry?.key ?? placeOf(tree, path);
}

/**
 * Lays `over` on `under`: maps merge key by key, everything else (lists, scalars, null) replaces. A map that names another
 * `type` than the one below replaces it too, because options of one type mean nothing to another. Every value keeps the place where it was written, which is how its origin is known later.
 */
export function mergeLocated(under: Located, over: Located): Located {
  return under.kind === "map" && over.kind === "map" &&
      !isOtherType(under, over)
    ? mergeMaps(under, over)
    : over;
}

/** Lays the keys of one map on those of another, as {@linkcode mergeLocated} does below the top. */
export function mergeMaps(under: LocatedMap, over: LocatedMap): LocatedMap {
  if (under.entries.size === 0) return over;
  const entries = new Map(under.entries);
  for (const [name, entry] of over.entries) {
    const below = under.entries.get(name);
    entries.set(
      name,
      below === undefined
        ? entry
        : { key: entry.key, value: mergeLocated(below.value, entry.value) },
    );
  }
  return { kind: "map", place: over.place, entries };
}

function isOtherType(under: LocatedMap, over: LocatedMap): boolean {
  const [below, above] = [under, over].map((map) =>
    map.entries.get("type")?.value
  );
  return below?.kind === "scalar" && above?.kind === "scalar" &&
    below.value !== above.value;
}

/** The tree as plain values. Keys whose value is null are left out: writing null means "the default". */
export function plainValue(tree: Located): unknown {
  if (tree.kind === "scalar") return tree.value;
  if (tree.kind === "list") return tree.items.map(plainValue);
  const members: [string, unknown][] = [];
  for (const [name, { value }] of tree.entries) {
    if (!isNull(value)) members.push([name, plainValue(value)]);
  }
  return Object.fromEntries(members);
}

/** Like {@linkcode plainValue}, but nulls stay: for values that are the user's own data. */
export function exactValue(tree: Located): unknown {
  if (tree.kind === "scalar") return tree.value;
  if (tree.kind === "list") return tree.items.map(exactValue);
  return Object.fromEntries(
    [...tree.entries].map(([name, { value }]) => [name, exactValue(value)]),
  );
}

/** A map without keys, at the place of another. */
export function emptyMap(near: LocatedMap): LocatedMap {
  return { ...near, entries: new Map() };
}

/** True for a written null. */
export function isNull(tree: Located | undefined): boolean {
  return tree?.kind === "scalar" && tree.value === null;
}
