// Everyday YAML by the events of js-yaml: many times as fast as the syntax tree of the YAML package, which a pipeline of thousands of
// steps would wait for. What is rare, loose or wrong is left to that package, which tells all mistakes at once.
import {
  boolCoreTag,
  COLLECTION_STYLE_FLOW,
  type Event,
  EVENT_DOCUMENT,
  EVENT_MAPPING,
  EVENT_POP,
  EVENT_SCALAR,
  EVENT_SEQUENCE,
  floatCoreTag,
  getScalarValue,
  intCoreTag,
  type MappingEvent,
  NOT_RESOLVED,
  nullCoreTag,
  parseEvents,
  SCALAR_STYLE_DOUBLE_QUOTED,
  SCALAR_STYLE_PLAIN,
  SCALAR_STYLE_SINGLE_QUOTED,
  type ScalarEvent,
  type SequenceEvent,
} from "js-yaml";
import type {
  Located,
  LocatedEntry,
  LocatedList,
  LocatedMap,
  LocatedScalar,
  Place,
} from "../source/located_tree.ts";

/** What the reader needs besides the text. */
export interface QuickReading {
  readonly place: (start: number, end: number) => Place;
  readonly mostValues: number;
  readonly deepest: number;
}

/**
 * The document, exactly as the YAML package reads it, or undefined where the text holds anything but everyday YAML: tags, anchors, aliases,
 * `<<`, blocks of text, repeated keys, empty values, tabs, every mistake. Whoever asks then asks the package.
 */
export function readQuickYaml(
  text: string,
  reading: QuickReading,
): Located | undefined {
  if (UNUSUAL.test(text)) return undefined;
  let events: Event[];
  try {
    events = parseEvents(text, { maxDepth: reading.deepest });
  } catch {
    // The package says what is wrong, in its words and at every place.
    return undefined;
  }
  if (events.length > 2 * reading.mostValues) return undefined;
  try {
    return new EventReader(text, events, reading).document();
  } catch (error) {
    if (error instanceof NotEveryday) return undefined;
    throw error;
  }
}

/** Leads out of any depth of the reader. */
class NotEveryday extends Error {
  override readonly name = "NotEveryday";
}

/** Line endings but "\n", tabs and other controls, marks of documents and directives. */
const UNUSUAL = /[^\n -~\u00a1-\ud7ff\u{10000}-\u{10ffff}]|^(?:---|\.\.\.|%)/mu;
/** What may stand between the last value in brackets and the bracket that closes them. */
const BEFORE_BRACKET = /(?:[\s,]|(?<=\s)#[^\n]*)*/y;
/** What text without quotes may stand for, by its first character. */
const CORE_TAGS = Map.groupBy(
  [nullCoreTag, boolCoreTag, intCoreTag, floatCoreTag].flatMap((tag) =>
    (tag.implicitFirstChars ?? []).map((first) => ({ first, tag }))
  ),
  ({ first }) => first,
);

class EventReader {
  readonly #text: string;
  readonly #events: readonly Event[];
  readonly #reading: QuickReading;
  #next = 0;
  #values = 0;
  /** Where the text of the value that was read last ends. */
  #end = 0;

  constructor(
    text: string,
    events: readonly Event[],
    reading: QuickReading,
  ) {
    this.#text = text;
    this.#events = events;
    this.#reading = reading;
  }

  document(): Located {
    const documents = this.#events.filter(({ type }) =>
      type === EVENT_DOCUMENT
    );
    if (documents.length !== 1) throw new NotEveryday();
    this.#next = 1;
    return this.#value(0);
  }

  #value(depth: number): Located {
    this.#values++;
    const { mostValues, deepest } = this.#reading;
    if (this.#values > mostValues || depth > deepest) throw new NotEveryday();
    const event = this.#events[this.#next++];
    if (event?.type === EVENT_SCALAR) return this.#scalar(event);
    if (event?.type === EVENT_MAPPING) return this.#map(event, depth);
    if (event?.type === EVENT_SEQUENCE) return this.#list(event, depth);
    throw new NotEveryday();
  }

  #scalar(event: ScalarEvent): LocatedScalar {
    const quote = quoteWidth(event);
    const text = getScalarValue(this.#text, event);
    const value = quote === 0 ? coreValue(text) : text;
    this.#end = event.valueEnd + quote;
    const place = this.#reading.place(event.valueStart - quote, this.#end);
    return { kind: "scalar", place, value };
  }

  #map(event: MappingEvent, depth: number): LocatedMap {
    refuseProperties(event);
    const entries = new Map<string, LocatedEntry>();
    this.#end = event.start + 1;
    while (!this.#isOver()) {
      const key = this.#value(depth);
      if (key.kind !== "scalar" || typeof key.value !== "string") {
        throw new NotEveryday();
      }
      const name = key.value;
      if (name === "<<" || name === "__proto__" || entries.has(name)) {
        throw new NotEveryday();
      }
      entries.set(name, { key: key.place, value: this.#value(depth + 1) });
    }
    return { kind: "map", place: this.#collectionPlace(event), entries };
  }

  #list(event: SequenceEvent, depth: number): LocatedList {
    refuseProperties(event);
    const items: Located[] = [];
    this.#end = event.start + 1;
    while (!this.#isOver()) items.push(this.#value(depth + 1));
    return { kind: "list", place: this.#collectionPlace(event), items };
  }

  /** The place of the map or list whose last value was read. */
  #collectionPlace(event: MappingEvent | SequenceEvent): Place {
    this.#end = this.#endOf(event, this.#end);
    return this.#reading.place(event.start, this.#end);
  }

  /** Whether the map or list that is being read has no more; its end is taken then. */
  #isOver(): boolean {
    if (this.#events[this.#next]?.type !== EVENT_POP) return false;
    this.#next++;
    return true;
  }

  /** Where brackets close; of a block, the start of the line that says something again. */
  #endOf(
    { style, start }: MappingEvent | SequenceEvent,
    last: number,
  ): number {
    if (style === COLLECTION_STYLE_FLOW) {
      // A pair in a list, `[a: 1]`, has no brackets of its own.
      if (!/[{[]/.test(this.#text[start]!)) throw new NotEveryday();
      BEFORE_BRACKET.lastIndex = last;
      BEFORE_BRACKET.test(this.#text);
      return BEFORE_BRACKET.lastIndex + 1;
    }
    for (let index = this.#next; index < this.#events.length; index++) {
      const event = this.#events[index]!;
      const start = event.type === EVENT_SCALAR
        ? event.valueStart
        : event.type === EVENT_MAPPING || event.type === EVENT_SEQUENCE
        ? event.start
        : -1;
      if (start >= 0) return this.#text.lastIndexOf("\n", start) + 1;
    }
    return this.#text.length;
  }
}

/** Characters of the quote on either side of a scalar. */
function quoteWidth(event: ScalarEvent): number {
  refuseProperties(event);
  const { style, valueStart } = event;
  // What is not written at all has no place.
  if (valueStart < 0) throw new NotEveryday();
  if (style === SCALAR_STYLE_PLAIN) return 0;
  const isQuoted = style === SCALAR_STYLE_SINGLE_QUOTED ||
    style === SCALAR_STYLE_DOUBLE_QUOTED;
  if (!isQuoted) throw new NotEveryday();
  return 1;
}

function refuseProperties(
  { anchorStart, tagStart }: ScalarEvent | MappingEvent | SequenceEvent,
): void {
  if (anchorStart >= 0 || tagStart >= 0) throw new NotEveryday();
}

/** What text without quotes stands for, by the core schema of YAML 1.2. */
function coreValue(text: string): string | number | boolean | null {
  for (const { tag } of CORE_TAGS.get(text.charAt(0)) ?? []) {
    const value = tag.resolve(text, false, tag.tagName);
    if (value !== NOT_RESOLVED) return value as number | boolean | null;
  }
  return text;
}
