// A pipeline that stands for many runs, as the rest of the program sees it.
import type * as v from "valibot";
import type { MATRIX_SEARCH } from "./matrix_options.ts";
import type { Pipeline } from "./pipeline.ts";

/** A value of a cell. */
export type CellValue = unknown;

/** One run of a matrix. */
export interface MatrixCell {
  /** Name of its run: that of the pipeline and its values. */
  readonly run: string;
  /** The values alone, as they stand in the name. */
  readonly label: string;
  /** By axis; without the seed. */
  readonly values: Readonly<Record<string, CellValue>>;
  /** As the table shows the values, by axis. */
  readonly shown: Readonly<Record<string, string>>;
  /** Null where the matrix has no seeds. */
  readonly seed: number | null;
  /** Round of successive halving in which it runs, from 0; null without one. */
  readonly round: number | null;
}

/** What cells are ranked by. */
export interface RankingMetric {
  readonly step: string;
  readonly metric: string;
  readonly direction: "lower" | "higher";
  /** False where nobody named it: a run without it is then no mistake. */
  readonly isNamed: boolean;
}

/** What it is called among the metrics of a run: `compare.difference`. */
export function rankingName({ step, metric }: RankingMetric): string {
  return `${step}.${metric}`;
}

/** How cells are drawn; null runs every combination. */
export type MatrixSearch = Readonly<v.InferOutput<typeof MATRIX_SEARCH>>;

/** A cell with its checked pipeline. */
export interface LoadedCell {
  readonly cell: MatrixCell;
  readonly pipeline: Pipeline;
}
