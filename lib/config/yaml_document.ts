// YAML text to values with places. The only module that reads with the YAML package.
import type { Document, Node, Scalar } from "yaml";
// Loading the package takes as long as starting Deno, and most files are read without it.
import defer * as yaml from "yaml";
import {
  type Located,
  type LocatedEntry,
  type Place,
  placeAt,
} from "../source/located_tree.ts";
import type { SourceText } from "../source/position.ts";
import { readQuickYaml } from "./quick_yaml.ts";
import type { Report } from "./report.ts";

/** Bounds on what a file may unfold to: a few aliases of aliases can otherwise stand for billions of values. */
const LARGEST_TEXT = 4 * 1024 * 1024;
const MOST_VALUES = 200_000;
const DEEPEST = 64;

/**
 * The one document of `source`, or undefined where it cannot be read; every reason is reported. An empty text is an empty document.
 * Aliases and `<<` are resolved; values keep the place where they were written. `shift` moves offsets, for a value inside a longer text.
 */
export function readYaml(
  source: SourceText,
  report: Report,
  shift = 0,
): Located | undefined {
  const text = source.text.slice(shift);
  if (text.length > LARGEST_TEXT) {
    report.error(
      placeAt(source, 0, 0),
      `Cannot read "${source.name}": it has ${text.length} characters, at most ${LARGEST_TEXT} are read`,
    );
    return undefined;
  }
  const quick = readQuickYaml(text, {
    place: (start, end) => placeAt(source, start + shift, end + shift),
    ...{ mostValues: MOST_VALUES, deepest: DEEPEST },
  });
  if (quick !== undefined) return quick;
  const document = parseOne(source, text, shift, report);
  if (document === undefined) return undefined;
  const reader: Reader = {
    source,
    shift,
    report,
    anchors: new Map(),
    values: 0,
  };
  try {
    return document.contents === null
      ? { kind: "scalar", place: placeAt(source, shift, shift), value: null }
      : convert(document.contents as Node, reader, 0);
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error;
    report.error(error.place, `Cannot read "${source.name}": ${error.message}`);
    return undefined;
  }
}

interface Reader {
  readonly source: SourceText;
  readonly shift: number;
  readonly report: Report;
  readonly anchors: Map<string, Node>;
  values: number;
}

/** Ends the reading of a document whose size has no bound. */
class TooLarge extends RangeError {
  override readonly name = "TooLarge";
  constructor(message: string, readonly place: Place) {
    super(message);
  }
}

function parseOne(
  source: SourceText,
  text: string,
  shift: number,
  report: Report,
): Document | undefined {
  let documents: Document[];
  try {
    const parsed = yaml.parseAllDocuments(text, {
      version: "1.2",
      schema: "core",
      prettyErrors: false,
      // The parser compares every key with every other; a map of a hundred thousand would take minutes. convertMap() looks instead.
      uniqueKeys: false,
    });
    documents = [...(Array.isArray(parsed) ? parsed : [])];
  } catch (error) {
    // The parser recurses; brackets nested by the thousand exhaust the stack.
    if (!(error instanceof RangeError)) throw error;
    report.error(
      placeAt(source, shift, shift),
      `Cannot read "${source.name}": it is nested too deeply`,
    );
    return undefined;
  }
  const [first, second] = documents;
  if (first === undefined) return parseOne(source, "null", shift, report);
  const problems = [...first.errors, ...first.warnings];
  // The parser recurses too, and reports an exhausted stack among its own errors.
  if (problems.some(({ message }) => /call stack/i.test(message))) {
    report.error(
      placeAt(source, shift, shift),
      `Cannot read "${source.name}": it is nested too deeply`,
    );
    return undefined;
  }
  for (const problem of problems) {
    const place = placeAt(
      source,
      problem.pos[0] + shift,
      problem.pos[1] + shift,
    );
    report.error(
      place,
      `Cannot read "${source.name}": ${plainMessage(problem.message)}`,
      hintFor(problem.code),
    );
  }
  if (second !== undefined) {
    const start = (second.range?.[0] ?? 0) + shift;
    report.error(
      placeAt(source, start, start),
      `Cannot read "${source.name}": it holds more than one document`,
      "Give each pipeline a file of its own",
    );
  }
  return problems.length > 0 || second !== undefined ? undefined : first;
}

function convert(node: Node, reader: Reader, depth: number): Located {
  const place = placeOfNode(node, reader);
  reader.values++;
  if (reader.values > MOST_VALUES) {
    throw new TooLarge(`it unfolds to more than ${MOST_VALUES} values`, place);
  }
  if (depth > DEEPEST) {
    throw new TooLarge(`it is nested more than ${DEEPEST} deep`, place);
  }
  if (yaml.isAlias(node)) {
    const target = reader.anchors.get(node.source);
    if (target !== undefined) return convert(target, reader, depth + 1);
    reader.report.error(
      place,
      `Cannot read "${reader.source.name}": no anchor "${node.source}" stands before this alias`,
    );
    return { kind: "scalar", place, value: null };
  }
  if ("anchor" in node && typeof node.anchor === "string") {
    reader.anchors.set(node.anchor, node);
  }
  if (yaml.isSeq(node)) {
    return {
      kind: "list",
      place,
      items: node.items.map((item) => convert(item as Node, reader, depth + 1)),
    };
  }
  if (yaml.isMap(node)) return convertMap(node.items, place, reader, depth);
  return {
    kind: "scalar",
    place,
    value: scalarValue(node as Scalar, place, reader),
  };
}

function convertMap(
  pairs: readonly { readonly key: unknown; readonly value: unknown }[],
  place: Place,
  reader: Reader,
  depth: number,
): Located {
  const entries = new Map<string, LocatedEntry>();
  const inherited: Located[] = [];
  const seen = new Set<string>();
  for (const { key, value } of pairs) {
    const keyPlace = placeOfNode(key as Node, reader);
    const name = keyName(key, keyPlace, reader);
    if (name === undefined) continue;
    if (seen.has(name)) {
      reader.report.error(
        keyPlace,
        `Cannot read "${reader.source.name}": map keys must be unique`,
        "Keep one of the two",
      );
      continue;
    }
    seen.add(name);
    const located: Located = value === null || value === undefined
      ? { kind: "scalar", place: keyPlace, value: null }
      : convert(value as Node, reader, depth + 1);
    if (name === "<<") {
      inherited.push(...(located.kind === "list" ? located.items : [located]));
    } else entries.set(name, { key: keyPlace, value: located });
  }
  for (const map of inherited) {
    if (map.kind !== "map") {
      reader.report.error(
        map.place,
        `Cannot read "${reader.source.name}": "<<" wants a map or a list of maps`,
      );
      continue;
    }
    for (const [name, entry] of map.entries) {
      if (!entries.has(name)) entries.set(name, entry);
    }
  }
  return { kind: "map", place, entries };
}

function keyName(
  key: unknown,
  place: Place,
  reader: Reader,
): string | undefined {
  const value = yaml.isScalar(key) ? key.value : undefined;
  if (typeof value === "string" && value !== "__proto__") return value;
  if (typeof value === "number" || typeof value === "boolean") {
    return String(value);
  }
  reader.report.error(
    place,
    `Cannot read "${reader.source.name}": a key must be plain text`,
  );
  return undefined;
}

function scalarValue(
  node: Scalar,
  place: Place,
  reader: Reader,
): string | number | boolean | null {
  const { value } = node;
  if (
    typeof value === "string" || typeof value === "number" ||
    typeof value === "boolean"
  ) return value;
  if (value === null || value === undefined) return null;
  reader.report.error(
    place,
    `Cannot read "${reader.source.name}": this kind of value is not used in pipelines`,
  );
  return null;
}

function placeOfNode(node: Node | null, reader: Reader): Place {
  const [start, end] = node?.range ?? [0, 0];
  return placeAt(reader.source, start + reader.shift, end + reader.shift);
}

/** The parser's message in this project's style: no capital after the colon, no full stop. */
function plainMessage(message: string): string {
  const first = message.split("\n")[0]!.trim().replace(/[.:]$/, "");
  return first.charAt(0).toLowerCase() + first.slice(1);
}

function hintFor(code: string): string {
  if (code === "TAB_AS_INDENT") return "Indent with spaces";
  return "Correct the YAML here or just above: brackets, quotes and indentation";
}
