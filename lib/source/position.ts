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
  const lineStart = source.text.lastIndexOf("\n", offset - 1) + 1;
  const before = offset === 0 ? 0 : lineNumberBefore(source.text, offset);
  return {
    file: source.name,
    line: before + 1,
    column:
      [...source.text.slice(offset === 0 ? 0 : lineStart, offset)].length + 1,
    offset,
    length: Math.max(0, Math.min(end, source.text.length) - offset),
  };
}

/** `file:line:column`, the form that editors and terminals turn into links. */
export function formatPosition(position: SourcePosition): string {
  return `${position.file}:${position.line}:${position.column}`;
}

function lineNumberBefore(text: string, offset: number): number {
  let count = 0;
  for (
    let at = text.indexOf("\n");
    at !== -1 && at < offset;
    at = text.indexOf("\n", at + 1)
  ) count++;
  return count;
}
