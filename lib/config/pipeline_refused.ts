// The exception for a pipeline with errors.
import { RefusedError } from "../error/failure.ts";
import { type Diagnostic, renderDiagnostics } from "../source/diagnostic.ts";

/** A pipeline with errors, for callers that want an exception; the message holds every diagnostic. */
export class PipelineRefused extends RefusedError {
  /** Name of the class. */
  override readonly name = "PipelineRefused";
  /** Counts the errors in the message and draws each. */
  constructor(
    readonly file: string,
    readonly diagnostics: readonly Diagnostic[],
  ) {
    const count = diagnostics.length === 1
      ? "1 error"
      : `${diagnostics.length} errors`;
    super(
      `Cannot use "${file}": ${count}\n\n${
        renderDiagnostics(diagnostics, { color: false })
      }`,
    );
  }
}
