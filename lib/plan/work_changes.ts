// What differs between two work records: the reason why a step that once ran has to run again.
import { canonicalJson } from "../disk/canonical_json.ts";
import { isRecord } from "../json/record.ts";

/** One changed value; an absent one is null. */
export interface WorkChange {
  /** Dotted path in the work record, such as `options.batch_size`. */
  readonly key: string;
  readonly old: unknown;
  readonly new: unknown;
}

type Leaves = ReadonlyMap<string, unknown>;

/** Changed leaves, sorted by path; lists are compared as a whole. */
export function workChanges(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): WorkChange[] {
  const [old, now] = [leavesOf(before), leavesOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])].sort()
    .map((key) => ({
      key,
      old: old.get(key) ?? null,
      new: now.get(key) ?? null,
    }))
    .filter((change) =>
      canonicalJson(change.old) !== canonicalJson(change.new)
    );
}

/** One clause: `batch_size 8 -> 16, seed 0 -> 1 and 2 more`. */
export function describeChanges(
  changes: readonly WorkChange[],
  most = 4,
): string {
  const shown = changes.slice(0, most).map(describeChange);
  const rest = changes.length - shown.length;
  return rest > 0 ? `${shown.join(", ")} and ${rest} more` : shown.join(", ");
}

function describeChange(change: WorkChange): string {
  const key = change.key.replace(/^options\./, "").replace(
    /^needs\./,
    "input ",
  );
  return `${key} ${shortValue(change.old)} -> ${shortValue(change.new)}`;
}

function shortValue(value: unknown): string {
  if (value === null) return "none";
  if (typeof value === "string" && /^[0-9a-f]{16,64}$/.test(value)) {
    return value.slice(0, 8);
  }
  const text = typeof value === "string" ? value : canonicalJson(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

function leavesOf(record: Readonly<Record<string, unknown>>): Leaves {
  const leaves = new Map<string, unknown>();
  const visit = (value: unknown, path: string) => {
    if (isRecord(value)) {
      for (const [key, inner] of Object.entries(value)) {
        visit(inner, path === "" ? key : `${path}.${key}`);
      }
    } else if (value !== undefined) leaves.set(path, value);
  };
  visit(record, "");
  return leaves;
}
