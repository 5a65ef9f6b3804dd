// One run in a list of runs: a terminal and a browser show the same columns in the same words.
import { formatDuration } from "../clock/duration.ts";
import { textOf } from "../history/condition.ts";
import type { Field } from "../history/field.ts";
import type { ListedRun } from "../history/listed_run.ts";
import { figure } from "./figures.ts";

/** Heads of the columns that every list has. */
export const RUN_COLUMNS: readonly string[] = [
  ...["run", "state", "steps", "time", "updated (UTC)"],
];

/** The fields in them, as a query names these. */
const SHOWN: readonly string[] = ["name", "state", "time", "updated"];

/** Fields of a query that need a column of their own. */
export function addedFields(columns: readonly Field[]): Field[] {
  return columns.filter(({ written }) => !SHOWN.includes(written));
}

/** What the columns behind the name and the state say. */
export function runCells(
  { steps, elapsedMs, updatedAt }: ListedRun,
): { readonly steps: string; readonly time: string; readonly updated: string } {
  const done = steps.filter(({ isDone }) => isDone).length;
  return {
    steps: `${done}/${steps.length}`,
    time: formatDuration(elapsedMs),
    updated: updatedAt.slice(0, 16).replace("T", " "),
  };
}

/** What a run has in a field; null where it has nothing. */
export function fieldText({ kind, of }: Field, run: ListedRun): string | null {
  const value = of(run);
  if (value === undefined) return null;
  if (typeof value !== "number") return textOf(value);
  return kind === "duration" ? formatDuration(value) : figure(value);
}
