// A tree of values that know where they come from: a place, an override, the schema's default, or other values.
import { isRecord } from "../json/record.ts";
import { isNull, locate, type Located } from "../source/located_tree.ts";
import { formatPosition } from "../source/position.ts";

/** A part of the resolved pipeline. The origin is a place, `--set #n`, `default` (of the schema) or `derived` (from other keys). */
export type ResolvedNode =
  | {
    readonly kind: "map";
    readonly entries: ReadonlyMap<string, ResolvedNode>;
  }
  | {
    readonly kind: "steps";
    readonly steps: ReadonlyMap<string, ResolvedNode>;
  }
  | {
    readonly kind: "value";
    readonly value: unknown;
    readonly origin: string;
  };

/** One value as `--json` prints it; `path` is what `--set` takes. */
export interface ResolvedValue {
  readonly path: string;
  readonly value: unknown;
  readonly origin: string;
}

/** How a value that is a map is followed down. */
export interface Descent {
  /** Whether a written null is a value, not a word for the default. */
  readonly exact?: boolean;
  /** What a key takes its value from where it is not written. */
  readonly fallback?: (path: readonly string[]) => Located | undefined;
  /** Keys that follow from others where they are not written. */
  readonly derived?: readonly string[];
}

/** The value and everything below it, each from the first of `written` that says something. */
export function nodeOf(
  value: unknown,
  written: readonly (Located | undefined)[],
  descent: Descent = {},
  path: readonly string[] = [],
): ResolvedNode {
  const entries = isRecord(value) ? Object.entries(value) : [];
  if (entries.length > 0) {
    return mapOf(entries.map(([key, child]) => {
      const below = written.map((tree) => tree && locate(tree, [key]));
      return [key, nodeOf(child, below, descent, [...path, key])];
    }));
  }
  const last = path.at(-1) ?? "";
  const absent = descent.derived?.includes(last) ? "derived" : "default";
  const [first] = written;
  return descent.exact === true && first !== undefined
    ? { kind: "value", value, origin: originOf(first) }
    : valueOf(value, [...written, descent.fallback?.(path)], absent);
}

/** A value that comes from the first of `written` that says something. */
export function valueOf(
  value: unknown,
  written: readonly (Located | undefined)[],
  absent: "default" | "derived" = "default",
): ResolvedNode {
  const said = written.find((tree) => tree !== undefined && !isNull(tree));
  const isSaid = said !== undefined && value !== null;
  return { kind: "value", value, origin: isSaid ? originOf(said) : absent };
}

/** A map of nodes in this order. */
export function mapOf(
  entries: Iterable<readonly [string, ResolvedNode]>,
): ResolvedNode {
  return { kind: "map", entries: new Map(entries) };
}

/** Where a value is written; a list names the overrides of its items too. */
export function originOf(written: Located): string {
  return [...new Set(placesOf(written, written))].join(", ");
}

/** All values below a node, one after another. */
export function listValues(node: ResolvedNode): ResolvedValue[] {
  return listBelow(node, []);
}

function listBelow(
  node: ResolvedNode,
  path: readonly string[],
): ResolvedValue[] {
  if (node.kind === "value") {
    const { value, origin } = node;
    const names = path.map((name) => name.replaceAll(".", "\\."));
    return [{ path: names.join("."), value, origin }];
  }
  const below = node.kind === "map" ? node.entries : node.steps;
  return [...below].flatMap(([name, child]) =>
    listBelow(child, [...path, name])
  );
}

function placesOf(tree: Located, top: Located): string[] {
  const { source, position } = tree.place;
  const override = /^--set#(\d+)$/.exec(source.name)?.[1];
  const place = override === undefined
    ? formatPosition(position)
    : `--set #${override}`;
  const children = tree.kind === "list"
    ? tree.items
    : tree.kind === "map"
    ? [...tree.entries.values()].map(({ value }) => value)
    : [];
  const isOwn = tree === top || source !== top.place.source;
  return [
    ...(isOwn ? [place] : []),
    ...children.flatMap((child) => placesOf(child, top)),
  ];
}
