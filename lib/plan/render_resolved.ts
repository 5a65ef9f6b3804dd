// The resolved pipeline as YAML, each value with its origin in a comment.
import { isRecord } from "../json/record.ts";
import { displayWidth } from "../source/frame.ts";
import type { ResolvedNode } from "./resolved_node.ts";

/** Column at which comments begin behind lines that are shorter. */
const COMMENT_COLUMN = 44;

/** The text of several lines, without a final line break. */
export function renderResolved(node: ResolvedNode): string {
  return linesOf(node, "").join("\n");
}

function linesOf(node: ResolvedNode, indent: string): string[] {
  if (node.kind === "value") return [];
  if (node.kind === "map") {
    return [...node.entries].flatMap(([key, child]) =>
      child.kind === "value"
        ? [commented(`${indent}${scalarText(key)}: `, child)]
        : [`${indent}${scalarText(key)}:`, ...linesOf(child, `${indent}  `)]
    );
  }
  return [...node.steps.values()].flatMap((step) => {
    const inner = `${indent}  `;
    const [first = "", ...rest] = linesOf(step, inner);
    return [`${indent}- ${first.slice(inner.length)}`, ...rest];
  });
}

function commented(
  start: string,
  { value, origin }: Extract<ResolvedNode, { kind: "value" }>,
): string {
  const line = `${start}${valueText(value)}`;
  const gap = Math.max(2, COMMENT_COLUMN - displayWidth(line));
  return `${line}${" ".repeat(gap)}# ${origin}`;
}

function valueText(value: unknown): string {
  if (typeof value === "string") return scalarText(value);
  if (Array.isArray(value)) return `[${value.map(valueText).join(", ")}]`;
  if (!isRecord(value)) return JSON.stringify(value ?? null);
  const entries = Object.entries(value).map(([key, child]) =>
    `${scalarText(key)}: ${valueText(child)}`
  );
  return `{${entries.join(", ")}}`;
}

/** Words and paths as they are; everything that YAML or a terminal could read as something else in quotes. */
function scalarText(text: string): string {
  const isPlain = /^[\p{L}_/][\p{L}\p{N}_./-]*( [\p{L}\p{N}_./-]+)*$/u.test(
    text,
  );
  if (isPlain && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text)) {
    return text;
  }
  return JSON.stringify(text).replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => {
      const code = character.codePointAt(0)!.toString(16);
      return code.length > 4
        ? `\\U${code.padStart(8, "0")}`
        : `\\u${code.padStart(4, "0")}`;
    },
  );
}
