// Where a piece of configuration stands: a file or a command-line override, with line and column counted from 1.

/** A text that positions refer to. `name` is what the user sees: a path, or `--set#1` for an override. */
export interface SourceText {
  readonly name: string;
  readonly text: string;
}

/** A span of a text. `line` and `column` count from 1 (columns in characters), `offset` from 0; `length` is in UTF-16 units. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly offset: number;
  readonly length: number;
}

/** Position of the span `[start, end)` of `source`, given in UTF-16 offsets; offsets past the end are pulled back to it. */
export function positionAt(
  source: SourceText,
  start: number,
  end: number,
): SourcePosition {
  const offset = Math.min(Math.max(start, 0), source.text.length);
  const starts = lineStarts(source);
  const line = lineIndex(starts, offset);
  return {
    file: source.name,
    line: line + 1,
    column: columnAt(source, starts[line]!, offset),
    offset,
    length: Math.max(0, Math.min(end, source.text.length) - offset),
  };
}

/** `file:line:column`, the form that editors and terminals turn into links. */
export function formatPosition(position: SourcePosition): string {
  return `${position.file}:${position.line}:${position.column}`;
}

// A file has a position per value, so the lines of a text are looked for once.
const knownLineStarts = new WeakMap<SourceText, readonly number[]>();

function lineStarts(source: SourceText): readonly number[] {
  const known = knownLineStarts.get(source);
  if (known !== undefined) return known;
  const starts = [0];
  for (
    let at = source.text.indexOf("\n");
    at !== -1;
    at = source.text.indexOf("\n", at + 1)
  ) {
    starts.push(at + 1);
  }
  knownLineStarts.set(source, starts);
  return starts;
}

interface KnownColumn {
  readonly start: number;
  readonly offset: number;
  readonly column: number;
}

// Values are read in order: on one long line each column is counted from the one before, not from the start of the line.
const knownColumns = new WeakMap<SourceText, KnownColumn>();

function columnAt(source: SourceText, start: number, offset: number): number {
  const known = knownColumns.get(source);
  const from = known?.start === start && known.offset <= offset
    ? known
    : { offset: start, column: 1 };
  const between = source.text.slice(from.offset, offset);
  const column = from.column + [...between].length;
  knownColumns.set(source, { start, offset, column });
  return column;
}

/** Index of the last line that starts at or before `offset`. */
function lineIndex(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
