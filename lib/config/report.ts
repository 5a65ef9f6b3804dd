// Collects everything that is wrong with a pipeline, so that all of it is told at once.
import { type Diagnostic, sortDiagnostics } from "../source/diagnostic.ts";
import type { Place } from "../source/located_tree.ts";

/** Takes findings; `error` makes the pipeline refused. */
export interface Report {
  error(place: Place, message: string, hint?: string): void;
  warning(place: Place, message: string, hint?: string): void;
  readonly failed: boolean;
  /** All findings, sorted, repetitions dropped. */
  findings(): Diagnostic[];
}

/** An empty report. */
export function newReport(): Report {
  const found: Diagnostic[] = [];
  function add(
    severity: "error" | "warning",
    place: Place,
    message: string,
    hint: string | undefined,
  ): void {
    const { source, position } = place;
    found.push({
      severity,
      message,
      position,
      source,
      ...(hint === undefined ? {} : { hint }),
    });
  }
  return {
    error: (place, message, hint) => add("error", place, message, hint),
    warning: (place, message, hint) => add("warning", place, message, hint),
    get failed() {
      return found.some(({ severity }) => severity === "error");
    },
    findings: () => sortDiagnostics(found),
  };
}
