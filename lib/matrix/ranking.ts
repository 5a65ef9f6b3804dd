// The cells of a matrix in the order of a metric: one row per combination of values, over its seeds.
import {
  type CellValue,
  type MatrixCell,
  type RankingMetric,
  rankingName,
} from "../catalog/matrix.ts";
import { canonicalJson } from "../disk/canonical_json.ts";
import type { Interval } from "../evaluation/bootstrap.ts";
import { meanInterval } from "../evaluation/student_t.ts";
import type { CellResult, CellState } from "./cell_results.ts";

/** A combination of values and what its cells have come to. */
export interface RankedRow {
  /** 1 is the best; null without a value of the metric. */
  readonly rank: number | null;
  readonly label: string;
  readonly values: Readonly<Record<string, CellValue>>;
  readonly shown: Readonly<Record<string, string>>;
  readonly round: number | null;
  /** Mean over the seeds that have the metric; null where none has. */
  readonly mean: number | null;
  /** 95 % t interval of that mean; null for fewer than two seeds. */
  readonly interval: Interval | null;
  /** Seeds that have the metric. */
  readonly count: number;
  readonly cells: readonly RankedCell[];
}

/** One run of a row. */
export interface RankedCell {
  readonly run: string;
  readonly seed: number | null;
  readonly state: CellState;
  readonly value: number | null;
}

/** How a table of results is ordered: by the last round first, then by the metric, then as written. */
export function rankCells(
  results: readonly CellResult[],
  metric: RankingMetric | null,
): RankedRow[] {
  const rows = groupCells(results).map((group) => rowOf(group, metric));
  const sign = metric?.direction === "higher" ? -1 : 1;
  const ordered = rows.toSorted((a, b) =>
    (b.round ?? 0) - (a.round ?? 0) ||
    Number(a.mean === null) - Number(b.mean === null) ||
    sign * ((a.mean ?? 0) - (b.mean ?? 0))
  );
  return ordered.map((row, index) => ({
    ...row,
    rank: row.mean === null ? null : index + 1,
  }));
}

/** The cells of each combination of values, in the order of its first one. */
export function groupCells(
  results: readonly CellResult[],
): (readonly CellResult[])[] {
  const groups = Map.groupBy(
    results,
    ({ cell }) => canonicalJson([cell.shown, cell.round]),
  );
  return [...groups.values()];
}

/** What all seeds of a combination are called: the label of a cell without its seed; empty where only seeds vary. */
export function combinationLabel({ label, seed }: MatrixCell): string {
  return seed === null
    ? label
    : label.replace(new RegExp(`\\.?seed-${seed}$`), "");
}

/** Names of the metrics that some run has, sorted. */
export function knownMetrics(results: readonly CellResult[]): string[] {
  return [...new Set(results.flatMap(({ metrics }) => Object.keys(metrics)))]
    .sort();
}

function rowOf(
  group: readonly CellResult[],
  metric: RankingMetric | null,
): RankedRow {
  const [first] = group as readonly [CellResult, ...CellResult[]];
  const name = metric === null ? "" : rankingName(metric);
  const cells = group.map(({ cell, state, metrics }): RankedCell => ({
    run: cell.run,
    seed: cell.seed,
    state,
    value: metrics[name] ?? null,
  }));
  const values = cells.flatMap(({ value }) => value === null ? [] : [value]);
  const found = values.length === 0 ? null : meanInterval(values);
  const { shown, round } = first.cell;
  return {
    rank: null,
    label: combinationLabel(first.cell),
    values: first.cell.values,
    ...{ shown, round, cells, count: values.length },
    mean: found?.mean ?? null,
    interval: found?.interval ?? null,
  };
}
