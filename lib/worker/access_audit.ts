// Reads the record of accesses that Deno keeps of a step's process, and names reads and variables that the step never declared.
import { resolve } from "node:path";
import { isInside } from "./permissions.ts";
import { grantsVariable } from "./variable_names.ts";

/** Name of the audit file in an attempt's folder. */
export const AUDIT_FILE = "audit.jsonl";

/** What a process asked for. */
export interface AccessSummary {
  /** How often each kind of access was asked for, by Deno's name of the permission. */
  readonly counts: Readonly<Record<string, number>>;
  /**
   * Paths that the process asked to read although nothing grants them, each once, in order. The audit does not say whether an
   * access was granted, so a task that swallows the denial shows up here too.
   */
  readonly undeclaredReads: readonly string[];
  /** Environment variables that it asked for although nothing grants them: it found them unset. */
  readonly undeclaredVariables: readonly string[];
}

/** Places that a process may read, and variables, as its step declares them. */
export interface AuditedGrants {
  readonly read: readonly string[];
  readonly env: readonly string[];
}

/** Sums up an audit; an absent one has nothing. */
export async function summarizeAudit(
  auditPath: string,
  granted: AuditedGrants,
): Promise<AccessSummary> {
  const counts: Record<string, number> = {};
  const undeclared = new Set<string>();
  const variables = new Set<string>();
  for (const line of (await readAudit(auditPath)).split("\n")) {
    // Cheap test first: a training step writes one line for each picture that it reads.
    const name = PERMISSION.exec(line)?.[1];
    if (name === undefined) continue;
    counts[name] = (counts[name] ?? 0) + 1;
    if (name !== "read" && name !== "env") continue;
    const value = accessedValue(line);
    if (value === null) continue;
    if (name === "env") {
      if (!grantsVariable(granted.env, value)) variables.add(value);
      continue;
    }
    const path = resolve(value);
    if (undeclared.has(path)) continue;
    if (!granted.read.some((root) => isInside(root, path))) {
      undeclared.add(path);
    }
  }
  return {
    counts,
    undeclaredReads: [...undeclared],
    undeclaredVariables: [...variables],
  };
}

const PERMISSION = /"permission":"([a-z_]+)"/;

function accessedValue(line: string): string | null {
  try {
    const { value } = JSON.parse(line) as { readonly value?: unknown };
    return typeof value === "string" ? value : null;
  } catch {
    // A killed process leaves a torn last line.
    return null;
  }
}

async function readAudit(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
