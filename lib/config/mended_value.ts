// A refused value as its author most likely meant it, so that what else is wrong is told in the same answer.
import * as v from "valibot";
import { isMissingKey, meantKey } from "./issue_message.ts";

type Container = Record<string | number, unknown>;

/**
 * What the schema makes of `input` when every misspelt key is read as the one that was probably meant, every other unknown key as not
 * written, and every wrong value as its default. Undefined where nothing can stand in: for switches, which say what is done at all, and for
 * keys without a default, whose absence would be blamed next. Nothing may be run with such a value.
 */
export function mendedValue<S extends v.GenericSchema>(
  schema: S,
  input: unknown,
  issues: readonly v.BaseIssue<unknown>[],
): v.InferOutput<S> | undefined {
  // What a misspelt key says may be wrong too.
  return mendedWith(schema, input, issues, meantKey) ??
    mendedWith(schema, input, issues, () => undefined);
}

function mendedWith<S extends v.GenericSchema>(
  schema: S,
  input: unknown,
  issues: readonly v.BaseIssue<unknown>[],
  meant: typeof meantKey,
): v.InferOutput<S> | undefined {
  const mended = structuredClone(input);
  const defaulted: (string | number)[][] = [];
  for (const issue of issues) {
    const path = (issue.path ?? []).map(({ key }) => key as string | number);
    const key = path.at(-1);
    const parent = containerAt(mended, path.slice(0, -1));
    if (key === undefined || parent === undefined) return undefined;
    if (issue.expected === "boolean") return undefined;
    if (issue.expected === "never") {
      const known = meant(issue);
      if (known !== undefined && !(known in parent)) {
        parent[known] = parent[key];
      }
    } else if (isMissingKey(issue)) continue;
    else if (!Array.isArray(parent)) defaulted.push(path);
    delete parent[key];
  }
  const result = v.safeParse(schema, withoutHoles(mended));
  if (!result.success) return undefined;
  const hasAll = defaulted.every((path) => {
    const parent = containerAt(result.output, path.slice(0, -1));
    return (parent?.[path.at(-1)!] ?? null) !== null;
  });
  return hasAll ? result.output : undefined;
}

function containerAt(
  root: unknown,
  path: readonly (string | number)[],
): Container | undefined {
  let at = root;
  for (const key of path) {
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as Container)[key];
  }
  return typeof at === "object" && at !== null ? at as Container : undefined;
}

/** Lists without the places of items that were taken out. */
function withoutHoles(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter(() => true).map(withoutHoles);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withoutHoles(inner)]),
  );
}
