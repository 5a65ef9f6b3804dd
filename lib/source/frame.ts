// A code frame: the line that a position points at, with a gutter and carets under the span.
import type { SourcePosition } from "./position.ts";

const TAB = "    ";
const LONGEST_LINE = 160;

/** Draws the first line of the span: an empty gutter line, the line itself, and the carets. Tabs become four spaces. */
export function drawFrame(text: string, position: SourcePosition): string {
  const line = lineOf(text, position.offset);
  const indent = position.offset - line.start;
  const before = line.text.slice(0, indent);
  const marked = line.text.slice(indent, indent + Math.max(position.length, 0))
    .trimEnd();
  const gutter = String(position.line);
  const blank = " ".repeat(gutter.length);
  const shown = cut(expandTabs(line.text));
  const lead = Math.min(displayWidth(expandTabs(before)), LONGEST_LINE);
  const carets = Math.max(
    1,
    Math.min(displayWidth(expandTabs(marked)), LONGEST_LINE - lead),
  );
  return [
    `${blank} |`,
    `${gutter} | ${shown}`.trimEnd(),
    `${blank} | ${" ".repeat(lead)}${"^".repeat(carets)}`,
  ].join("\n");
}

/** Columns that a terminal uses for the text: wide East Asian letters and pictographs take two, combining marks none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{Mn}|\p{Me}|\p{Cf}/u.test(character)) continue;
    const wide =
      /\p{Emoji_Presentation}|\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}/u
        .test(character);
    width += wide ? 2 : 1;
  }
  return width;
}

function lineOf(
  text: string,
  offset: number,
): { readonly start: number; readonly text: string } {
  const start = offset === 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
  const next = text.indexOf("\n", start);
  return {
    start,
    text: text.slice(start, next === -1 ? text.length : next).replace(
      /\r$/,
      "",
    ),
  };
}

function expandTabs(text: string): string {
  return text.replaceAll("\t", TAB);
}

function cut(text: string): string {
  return text.length > LONGEST_LINE
    ? `${text.slice(0, LONGEST_LINE - 3)}...`
    : text;
}
