// A question about all runs: which meet every condition, in which order, and what is shown of each.
import { UsageError } from "../error/failure.ts";
import { compareValues, meets, parseCondition, textOf } from "./condition.ts";
import { type Field, FieldFinder } from "./field.ts";
import type { ListedRun } from "./listed_run.ts";
import type { RunIndex } from "./run_index.ts";

/** What is asked. */
export interface RunQuery {
  /** Conditions that all have to be met. */
  readonly where: readonly string[];
  /** Fields to sort by, the first one first; with `-` in front the greatest comes first. */
  readonly sort: readonly string[];
  /** Fields to show. */
  readonly columns: readonly string[];
}

/** A query whose fields were found. */
export interface PreparedQuery {
  /** The named columns, then whatever was filtered and sorted by. */
  readonly columns: readonly Field[];
  /** The runs that meet the conditions, in order. */
  readonly select: (runs: readonly ListedRun[]) => ListedRun[];
}

/**
 * Finds the fields of a query in the index.
 *
 * @throws {UsageError} where a condition cannot be read, or no run has a field
 */
export function prepareQuery(query: RunQuery, index: RunIndex): PreparedQuery {
  const finder = new FieldFinder(index);
  const conditions = query.where.map((text) => {
    const condition = parseCondition(text);
    const field = finder.find(condition.field, "filter runs by");
    return { field, test: meets(field, condition) };
  });
  const orders = query.sort.map((written) => {
    const isDescending = written.startsWith("-");
    const name = isDescending ? written.slice(1) : written;
    if (name === "") {
      throw new UsageError(`Cannot sort runs by "${written}": it is no name`);
    }
    return { field: finder.find(name, "sort runs by"), isDescending };
  });
  const columns = query.columns.map((name) => finder.find(name, "show"));
  for (const { field } of [...conditions, ...orders]) {
    if (!columns.some(({ written }) => written === field.written)) {
      columns.push(field);
    }
  }
  return {
    columns,
    select: (runs) =>
      runs.filter((run) =>
        conditions.every(({ field, test }) => test(field.of(run)))
      ).map((run) => ({
        run,
        values: orders.map(({ field }) => field.of(run)),
      }))
        .sort((a, b) => {
          for (const [at, { isDescending }] of orders.entries()) {
            const order = inOrder(a.values[at], b.values[at], isDescending);
            if (order !== 0) return order;
          }
          return a.run.run < b.run.run ? -1 : a.run.run > b.run.run ? 1 : 0;
        }).map(({ run }) => run),
  };
}

/** Runs without the value come last, whichever way the others are sorted. */
function inOrder(a: unknown, b: unknown, isDescending: boolean): number {
  const [hasA, hasB] = [hasValue(a), hasValue(b)];
  if (!hasA || !hasB) return Number(hasB) - Number(hasA);
  const order = compareValues(a, b) ?? compareValues(textOf(a), textOf(b))!;
  return isDescending ? -order : order;
}

function hasValue(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}
