// Reads the record of accesses that Deno keeps of a step's process, and names reads that the step never declared.
import { resolve } from "node:path";
import { isInside } from "./permissions.ts";

/** Name of the audit file in an attempt's folder. */
export const AUDIT_FILE = "audit.jsonl";

/**
 * Paths that the process asked to read although nothing grants them, each once, in order. The audit does not say whether an access
 * was granted, so a task that swallows the denial shows up here too. An absent audit has none.
 */
export async function undeclaredReads(
  auditPath: string,
  granted: readonly string[],
): Promise<string[]> {
  const found = new Set<string>();
  for (const line of (await readAudit(auditPath)).split("\n")) {
    // Cheap test first: a training step writes one line for each picture that it reads.
    if (!line.includes('"permission":"read"')) continue;
    const path = accessedPath(line);
    if (path === null || found.has(path)) continue;
    if (!granted.some((root) => isInside(root, path))) found.add(path);
  }
  return [...found];
}

function accessedPath(line: string): string | null {
  try {
    const { value } = JSON.parse(line) as { readonly value?: unknown };
    return typeof value === "string" ? resolve(value) : null;
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
