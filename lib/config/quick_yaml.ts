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
import type { Located, LocatedEntry, Place } from "../source/located_tree.ts";

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
const CORE_TAGS = [nullCoreTag, boolCoreTag, intCoreTag, floatCoreTag] as const;

/** A value, and where its text ends. */
interface Read {
  readonly located: Located;
  readonly end: number;
}

class EventReader {
  readonly #text: string;
  readonly #events: readonly Event[];
  readonly #reading: QuickReading;
  #next = 0;
  #values = 0;

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
    return this.#value(0).located;
  }

  #value(depth: number): Read {
    this.#values++;
    const { mostValues, deepest } = this.#reading;
    if (this.#values > mostValues || depth > deepest) throw new NotEveryday();
    const event = this.#events[this.#next++];
    if (event?.type === EVENT_SCALAR) return this.#scalar(event);
    if (event?.type === EVENT_MAPPING) return this.#map(event, depth);
    if (event?.type === EVENT_SEQUENCE) return this.#list(event, depth);
    throw new NotEveryday();
  }

  #scalar(event: ScalarEvent): Read {
    const { start, end } = spanOf(event);
    const text = getScalarValue(this.#text, event);
    const value = event.style === SCALAR_STYLE_PLAIN ? coreValue(text) : text;
    const place = this.#reading.place(start, end);
    return { located: { kind: "scalar", place, value }, end };
  }

  #map(event: MappingEvent, depth: number): Read {
    refuseProperties(event);
    const entries = new Map<string, LocatedEntry>();
    let last = event.start + 1;
    while (!this.#isOver()) {
      const { located: key } = this.#value(depth);
      if (key.kind !== "scalar" || typeof key.value !== "string") {
        throw new NotEveryday();
      }
      const name = key.value;
      if (name === "<<" || name === "__proto__" || entries.has(name)) {
        throw new NotEveryday();
      }
      const { located: value, end } = this.#value(depth + 1);
      entries.set(name, { key: key.place, value });
      last = end;
    }
    const end = this.#endOf(event, last);
    const place = this.#reading.place(event.start, end);
    return { located: { kind: "map", place, entries }, end };
  }

  #list(event: SequenceEvent, depth: number): Read {
    refuseProperties(event);
    const items: Located[] = [];
    let last = event.start + 1;
    while (!this.#isOver()) {
      const { located, end } = this.#value(depth + 1);
      items.push(located);
      last = end;
    }
    const end = this.#endOf(event, last);
    const place = this.#reading.place(event.start, end);
    return { located: { kind: "list", place, items }, end };
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
      BEFORE_BRACKET.exec(this.#text);
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

/** The text of a scalar with its quotes. */
function spanOf(event: ScalarEvent): { start: number; end: number } {
  refuseProperties(event);
  const { style, valueStart: start, valueEnd: end } = event;
  // What is not written at all has no place.
  if (start < 0) throw new NotEveryday();
  if (style === SCALAR_STYLE_PLAIN) return { start, end };
  const isQuoted = style === SCALAR_STYLE_SINGLE_QUOTED ||
    style === SCALAR_STYLE_DOUBLE_QUOTED;
  if (!isQuoted) throw new NotEveryday();
  return { start: start - 1, end: end + 1 };
}

function refuseProperties(
  { anchorStart, tagStart }: ScalarEvent | MappingEvent | SequenceEvent,
): void {
  if (anchorStart >= 0 || tagStart >= 0) throw new NotEveryday();
}

/** What text without quotes stands for, by the core schema of YAML 1.2. */
function coreValue(text: string): string | number | boolean | null {
  for (const { resolve, tagName } of CORE_TAGS) {
    const value = resolve(text, false, tagName);
    if (value !== NOT_RESOLVED) return value as number | boolean | null;
  }
  return text;
}
