// Which environment variables the entries of `permissions: { env: [...] }` stand for, read as Deno reads `--allow-env`.
import { isGranted } from "../disk/granted.ts";

/** Whether an entry stands for every variable whose name begins with what is before its final `*`. */
export function isPattern(entry: string): boolean {
  return entry.endsWith("*");
}

/** Whether one of the entries grants the variable. */
export function grantsVariable(
  entries: readonly string[],
  name: string,
): boolean {
  return entries.some((entry) =>
    isPattern(entry) ? name.startsWith(entry.slice(0, -1)) : name === entry
  );
}

/** The variables that the entries stand for: those that they name, and those of this process that a pattern fits. */
export function namedVariables(entries: readonly string[]): string[] {
  const patterns = entries.filter(isPattern);
  const names = entries.filter((entry) => !isPattern(entry));
  const fitting = patterns.length === 0
    ? []
    : ownVariables().filter((name) => grantsVariable(patterns, name));
  return [...new Set([...names, ...fitting.sort()])];
}

/** Names of all variables of this process; none where Deno would have to ask. */
export function ownVariables(): string[] {
  return isGranted({ name: "env" }) ? Object.keys(Deno.env.toObject()) : [];
}
