// Everyday YAML, read in one pass: maps and lists, in blocks or on one line, of scalars that end where their line does. The YAML package makes
// an object of every blank, which is most of the time that a pipeline of thousands of steps takes to plan. What is rare or wrong is left to it.
import type { Located, LocatedEntry, Place } from "../source/located_tree.ts";
import { plainScalar } from "./plain_scalar.ts";

/** What the reader needs besides the text. */
export interface PlainReading {
  readonly place: (start: number, end: number) => Place;
  readonly mostValues: number;
  readonly deepest: number;
}

/**
 * The document, exactly as the YAML package reads it, or undefined where the text holds anything but everyday YAML: tags, anchors, aliases,
 * `<<`, text of several lines, escapes, repeated keys, empty values, tabs, every mistake. Whoever asks then asks the package.
 */
export function readPlainYaml(
  text: string,
  reading: PlainReading,
): Located | undefined {
  try {
    return new PlainYaml(text, reading).document();
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

/** Leads out of any depth of the reader. */
class NotPlain extends Error {
  override readonly name = "NotPlain";
}

// Each is tried at one place of the text. No line ending but "\n" gets past the first check of the text.
const UNUSUAL = /[^\n -~\u00a1-\u024f]|^(?:---|\.\.\.|%)/mu;
const KEY = /([A-Za-z_][\w.-]*):(?=[ \n]|$)/y;
const LINE_END = / *(?:(?<= )#[^\n]*)?(?:\n|$)/y;
const FLOW_GAP = / *(?:(?:(?<= )#[^\n]*)?\n(?:(?: +#[^\n]*| *)\n)* *)?/y;
const IDLE_LINES = /(?: *(?:#[^\n]*)?\n)*(?: *#[^\n]*$)?/y;
const INDENT = / */y;
const BLOCK_TEXT =
  /(?:[^\s\-?:,[\]{}#&*!|>'"%@`]|-(?=[^\s]))(?:[^\s:#]|:(?=[^\s])|(?<=[^\s])#| (?=[^\s#]))*/y;
const FLOW_TEXT =
  /(?:[^\s\-?:,[\]{}#&*!|>'"%@`]|-(?=[^\s,[\]{}]))(?:[^\s:#,[\]{}]|:(?=[^\s,[\]{}])|(?<=[^\s])#| (?=[^\s#,[\]{}]))*/y;
const QUOTED = /"([^"\\\n]*)"|'([^'\n]*)'(?!')/y;

class PlainYaml {
  readonly #text: string;
  readonly #reading: PlainReading;
  #at = 0;
  #values = 0;
  /** Column of the block around the brackets that are being read: their further lines are indented more. */
  #around = 0;
  /** How many brackets are open. */
  #open = 0;

  constructor(text: string, reading: PlainReading) {
    this.#text = text;
    this.#reading = reading;
  }

  document(): Located {
    if (UNUSUAL.test(this.#text)) throw new NotPlain();
    const indent = this.#nextLine();
    if (indent !== 0 || this.#text[this.#at] === "-") throw new NotPlain();
    const map = this.#blockMap(0, 0);
    if (this.#at < this.#text.length) throw new NotPlain();
    return map;
  }

  /** Moves to the next line that says something, and answers how far it is indented; -1 at the end. */
  #nextLine(): number {
    this.#match(IDLE_LINES);
    const start = this.#at;
    this.#match(INDENT);
    return this.#at < this.#text.length ? this.#at - start : -1;
  }

  /** The map whose first key stands here; `indent` is the column of its keys. Ends in front of a line that is indented less. */
  #blockMap(indent: number, depth: number): Located {
    const start = this.#at;
    this.#count(depth);
    const entries = new Map<string, LocatedEntry>();
    let end: number;
    for (;;) {
      const { name, place } = this.#key();
      const value = this.#blockValue(indent, depth + 1);
      this.#add(entries, name, { key: place, value });
      end = this.#blockEnd();
      const next = this.#column();
      if (next < indent) break;
      if (next > indent) throw new NotPlain();
    }
    return { kind: "map", place: this.#reading.place(start, end), entries };
  }

  /** The list whose first dash stands here, in column `indent`. */
  #blockList(indent: number, depth: number): Located {
    const start = this.#at;
    this.#count(depth);
    const items: Located[] = [];
    let end: number;
    for (;;) {
      if (this.#text[this.#at] !== "-" || this.#text[this.#at + 1] !== " ") {
        throw new NotPlain();
      }
      this.#at += 1;
      const dash = this.#at;
      this.#match(INDENT);
      const inner = indent + 1 + this.#at - dash;
      KEY.lastIndex = this.#at;
      items.push(
        KEY.test(this.#text)
          ? this.#blockMap(inner, depth + 1)
          : this.#lineValue(indent, depth + 1),
      );
      end = this.#blockEnd();
      const next = this.#column();
      // A list may stand as deep as the key that it belongs to: the next key ends it.
      if (next < indent || (next === indent && !this.#isDash())) break;
      if (next > indent) throw new NotPlain();
    }
    return { kind: "list", place: this.#reading.place(start, end), items };
  }

  /** What stands behind a key, on its line or below it; ends at the next line that says something. */
  #blockValue(indent: number, depth: number): Located {
    LINE_END.lastIndex = this.#at;
    if (!LINE_END.test(this.#text)) return this.#lineValue(indent, depth);
    this.#at = LINE_END.lastIndex;
    const inner = this.#nextLine();
    if (this.#isDash() && inner >= indent) {
      return this.#blockList(inner, depth);
    }
    if (inner <= indent) throw new NotPlain();
    return this.#blockMap(inner, depth);
  }

  /** A value that ends where its line does, and the way to the next line. */
  #lineValue(indent: number, depth: number): Located {
    this.#match(INDENT);
    this.#around = indent;
    const value = this.#value(BLOCK_TEXT, depth);
    if (this.#match(LINE_END) === undefined) throw new NotPlain();
    this.#nextLine();
    return value;
  }

  /** A scalar, or a map or list between brackets; `plain` says how far text without quotes goes. */
  #value(plain: RegExp, depth: number): Located {
    const start = this.#at;
    const first = this.#text[start];
    if (first === "{") return this.#flowMap(depth);
    if (first === "[") return this.#flowList(depth);
    this.#count(depth);
    const quoted = this.#match(QUOTED);
    const written = quoted === undefined ? this.#match(plain)?.[0] : undefined;
    const value = quoted === undefined
      ? plainScalar(written ?? "")
      : quoted[1] ?? quoted[2];
    if (value === undefined) throw new NotPlain();
    const place = this.#reading.place(start, this.#at);
    return { kind: "scalar", place, value };
  }

  #flowMap(depth: number): Located {
    const start = this.#at;
    this.#count(depth);
    const entries = new Map<string, LocatedEntry>();
    this.#flow("}", () => {
      const { name, place } = this.#key();
      this.#match(INDENT);
      this.#add(entries, name, {
        key: place,
        value: this.#value(FLOW_TEXT, depth + 1),
      });
    });
    const place = this.#reading.place(start, this.#at);
    return { kind: "map", place, entries };
  }

  #flowList(depth: number): Located {
    const start = this.#at;
    this.#count(depth);
    const items: Located[] = [];
    this.#flow("]", () => items.push(this.#value(FLOW_TEXT, depth + 1)));
    const place = this.#reading.place(start, this.#at);
    return { kind: "list", place, items };
  }

  /** Reads what stands between brackets, piece by piece. */
  #flow(close: "}" | "]", piece: () => void): void {
    this.#at++;
    this.#open++;
    this.#flowGap();
    while (this.#text[this.#at] !== close) {
      piece();
      this.#flowGap();
      if (this.#text[this.#at] !== ",") break;
      this.#at++;
      this.#flowGap();
    }
    if (this.#text[this.#at] !== close) throw new NotPlain();
    this.#at++;
    this.#open--;
  }

  /** Blanks, comments and ends of lines between brackets. */
  #flowGap(): void {
    const start = this.#at;
    this.#match(FLOW_GAP);
    if (this.#lineStart() <= start) return;
    const column = this.#column();
    // The last bracket may stand where its block does.
    const isLast = this.#open === 1 && /[}\]]/.test(this.#text[this.#at] ?? "");
    if (column < this.#around || (column === this.#around && !isLast)) {
      throw new NotPlain();
    }
  }

  #key(): { readonly name: string; readonly place: Place } {
    const start = this.#at;
    const name = this.#match(KEY)?.[1];
    // Words such as `null` and `true` are no text as keys either.
    if (name === undefined || plainScalar(name) !== name) throw new NotPlain();
    return { name, place: this.#reading.place(start, start + name.length) };
  }

  #add(
    entries: Map<string, LocatedEntry>,
    name: string,
    entry: LocatedEntry,
  ): void {
    if (name === "__proto__" || entries.has(name)) throw new NotPlain();
    entries.set(name, entry);
  }

  #count(depth: number): void {
    this.#values++;
    const { mostValues, deepest } = this.#reading;
    if (this.#values > mostValues || depth > deepest) throw new NotPlain();
  }

  /** The end of the line before, where what was read there ends. */
  #blockEnd(): number {
    return this.#at < this.#text.length ? this.#lineStart() : this.#at;
  }

  #lineStart(): number {
    return this.#at === 0 ? 0 : this.#text.lastIndexOf("\n", this.#at - 1) + 1;
  }

  /** Where in its line the reader stands; -1 at the end of the text. */
  #column(): number {
    return this.#at < this.#text.length ? this.#at - this.#lineStart() : -1;
  }

  #isDash(): boolean {
    return this.#text[this.#at] === "-" && this.#text[this.#at + 1] === " ";
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found;
  }
}
