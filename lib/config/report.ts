// Collects everything that is wrong with a pipeline, so that all of it is told at once.
import { type Diagnostic, sortDiagnostics } from "../source/diagnostic.ts";
import type { Place } from "../source/located_tree.ts";

/** Takes findings; `error` makes the pipeline refused. */
export interface Report {
  error(place: Place, message: string, hint?: string): void;
  warning(place: Place, message: string, hint?: string): void;
  /** Never shows `secret`, neither in a message nor in the line of the file that a finding points at. */
  hide(secret: string): void;
  readonly failed: boolean;
  /** All findings, sorted, repetitions dropped. */
  findings(): Diagnostic[];
}

/** An empty report. */
export function newReport(): Report {
  const found: Diagnostic[] = [];
  const secrets: string[] = [];
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
    hide: (secret) => void secrets.push(secret),
    get failed() {
      return found.some(({ severity }) => severity === "error");
    },
    findings: () =>
      sortDiagnostics(found.map((one) => secrets.reduce(withoutSecret, one))),
  };
}

/** The stars are as long as the secret, so that positions stay right. */
function withoutSecret(finding: Diagnostic, secret: string): Diagnostic {
  const masked = (text: string) =>
    text.replaceAll(secret, "*".repeat(secret.length));
  const { message, hint, source } = finding;
  return {
    ...finding,
    message: masked(message),
    ...(hint === undefined ? {} : { hint: masked(hint) }),
    ...(source === undefined
      ? {}
      : { source: { ...source, text: masked(source.text) } }),
  };
}
