// The exception for a pipeline with errors.
import { RefusedError } from "../error/failure.ts";
import { type Diagnostic, renderDiagnostics } from "../source/diagnostic.ts";

/** A pipeline with errors, for callers that want an exception; the message holds every diagnostic. */
export class PipelineRefused extends RefusedError {
  override readonly name = "PipelineRefused";
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
