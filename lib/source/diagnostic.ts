// One thing wrong (or doubtful) at one place, and how a list of them is shown.
import { drawFrame } from "./frame.ts";
import {
  formatPosition,
  type SourcePosition,
  type SourceText,
} from "./position.ts";

/** A message about a place. `message` follows the error style: capital first, no full stop, strings quoted. */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly message: string;
  /** The way out, as one sentence that starts with a verb. */
  readonly hint?: string;
  readonly position: SourcePosition;
  /** The text that `position` points into; without it no frame is drawn. */
  readonly source?: SourceText;
}

/** A value with the doubts about it, or every reason why there is none. */
export type Checked<T> =
  | {
    readonly ok: true;
    readonly value: T;
    readonly warnings: readonly Diagnostic[];
  }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Sorted by file (in order of first mention) and place, without repetitions of one message at one place. */
export function sortDiagnostics(
  diagnostics: readonly Diagnostic[],
): Diagnostic[] {
  const files = [
    ...new Set(diagnostics.map((diagnostic) => diagnostic.position.file)),
  ];
  const seen = new Set<string>();
  return diagnostics
    .filter((diagnostic) => {
      const identity = JSON.stringify([
        diagnostic.position.file,
        diagnostic.position.offset,
        diagnostic.message,
      ]);
      return !seen.has(identity) && seen.add(identity);
    })
    .toSorted((a, b) =>
      files.indexOf(a.position.file) - files.indexOf(b.position.file) ||
      a.position.offset - b.position.offset
    );
}

/** A diagnostic as `--json` prints it. */
export function diagnosticToJson(
  { severity, message, hint, position }: Diagnostic,
): Record<string, unknown> {
  const { file, line, column } = position;
  return { severity, message, hint: hint ?? null, file, line, column };
}

/** The list as text: per diagnostic its message, place, frame and hint, with an empty line between two. */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  options: { readonly color: boolean },
): string {
  return diagnostics.map((diagnostic) =>
    renderDiagnostic(diagnostic, options.color)
  ).join("\n\n");
}

function renderDiagnostic(diagnostic: Diagnostic, color: boolean): string {
  const paint = color ? PAINT : PLAIN;
  const label = diagnostic.severity === "error"
    ? paint.error("error")
    : paint.warning("warning");
  const lines = [
    `${label}: ${paint.strong(diagnostic.message)}`,
    paint.faint(`  ${formatPosition(diagnostic.position)}`),
  ];
  if (diagnostic.source !== undefined && diagnostic.source.text.trim() !== "") {
    lines.push(drawFrame(diagnostic.source.text, diagnostic.position));
  }
  if (diagnostic.hint !== undefined) {
    lines.push(`${paint.faint("hint:")} ${diagnostic.hint}`);
  }
  return lines.join("\n");
}

// Escape codes by hand: colour packages read the environment when they are loaded, and this module must need no permission.
const PLAIN = { error: same, warning: same, strong: same, faint: same };
const PAINT = {
  error: painted(31),
  warning: painted(33),
  strong: painted(1),
  faint: painted(2),
};

function same(text: string): string {
  return text;
}

function painted(code: number): (text: string) => string {
  return (text) => `\u001b[${code}m${text}\u001b[0m`;
}
