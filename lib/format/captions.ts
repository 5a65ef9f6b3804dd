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
 * @throws {RefusedError} with `file:line` of every line that is wrong, as far as a person reads.
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
  const problems = lines.flatMap((content, index) => {
    const problem = problemOf(content);
    return problem === null ? [] : [`${path}:${index + 1} ${problem}`];
  });
  if (problems.length > 0) {
    throw new RefusedError(
      `Cannot read ${what}: ${problemList(problems, "lines")}`,
      { hint: HINT },
    );
  }
  return lines.map((content, index) => {
    const [name, caption] = content.split("\t") as [string, string];
    return { name, caption, line: index + 1 };
  });
}

/** Problems that a message lists before it only counts. */
const MOST_TOLD = 12;

/** The problems of one file; `what` the rest is counted in. */
export function problemList(problems: readonly string[], what: string): string {
  const rest = problems.length - MOST_TOLD;
  const told = problems.slice(0, MOST_TOLD).join("; ");
  return rest > 0 ? `${told}; and ${rest} more ${what}` : told;
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
