// Lines of a captions file: picture name, tab, caption. What a plan counts and hashes is what a step will read.
import { isAbsolute, normalize } from "node:path";
import { RefusedError } from "../error/failure.ts";

/** One line of the file. */
export interface Caption {
  /** Path of the picture inside the image folder. */
  readonly name: string;
  readonly caption: string;
  /** Counted from 1. */
  readonly line: number;
}

const HINT = "Write each line as name<TAB>caption";

/**
 * Checks the text of a captions file; `path` is for messages, and `what` says whose captions they are.
 *
 * @throws {RefusedError} with `file:line` for the first line that is wrong.
 */
export function parseCaptions(
  text: string,
  path: string,
  what = "captions",
): Caption[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  if (lines.length === 0) {
    throw new RefusedError(`Cannot read ${what}: "${path}" is empty`, {
      hint: HINT,
    });
  }
  return lines.map((content, index) => {
    const line = index + 1;
    const problem = problemOf(content);
    if (problem !== null) {
      throw new RefusedError(
        `Cannot read ${what}: ${path}:${line} ${problem}`,
        { hint: HINT },
      );
    }
    const [name, caption] = content.split("\t") as [string, string];
    return { name, caption, line };
  });
}

function problemOf(line: string): string | null {
  if (line.trim() === "") return "is blank";
  const tabs = line.split("\t").length - 1;
  if (tabs !== 1) return `has ${tabs} tabs, wanted one`;
  const [name, caption] = line.split("\t") as [string, string];
  if (name.trim() === "") return "has no picture name before its tab";
  if (caption.trim() === "") return "has no caption after its tab";
  if (name.includes("\0")) return "has a NUL byte in its picture name";
  if (isAbsolute(name) || normalize(name).startsWith("..")) {
    return `names "${name}", which lies outside the image folder`;
  }
  return null;
}
