// The results of a matrix as text: one row per combination of values, the best first.
import { type RankingMetric, rankingName } from "../catalog/matrix.ts";
import type { MatrixFacts } from "../matrix/matrix_facts.ts";
import type { RankedRow } from "../matrix/ranking.ts";
import type { SeedVerdict } from "../matrix/seed_verdict.ts";
import { counted, textTable } from "../plan/text_table.ts";

/** Lines of the table, with what its numbers are. */
export function matrixTable({ record, rows }: MatrixFacts): string[] {
  const { axes, metric } = record;
  const hasSeeds = record.seeds !== null;
  const hasRounds = rows.some(({ round }) => round !== null);
  const heading = [
    "",
    ...axes,
    ...(hasRounds ? ["round"] : []),
    ...(hasSeeds ? ["seeds"] : []),
    ...(metric === null ? [] : [rankingName(metric)]),
    ...(metric === null || !hasSeeds ? [] : ["95 % interval"]),
    "state",
  ];
  const lines = rows.map((row) => [
    row.rank === null ? "-" : String(row.rank),
    ...axes.map((axis) => row.shown[axis] ?? "-"),
    ...(hasRounds ? [String((row.round ?? 0) + 1)] : []),
    ...(hasSeeds ? [String(row.count)] : []),
    ...(metric === null
      ? []
      : [row.mean === null ? "-" : shortNumber(row.mean)]),
    ...(metric === null || !hasSeeds ? [] : [intervalText(row)]),
    stateText(row),
  ]);
  return [
    ...textTable([heading, ...lines]),
    ...(metric === null ? [] : [legend(metric, hasSeeds)]),
  ];
}

/** The step, the combination where there are several, and what it shows. */
export function verdictText({ step, label, sentence }: SeedVerdict): string {
  return `${step}${label === "" ? "" : `, ${label}`}: ${sentence}`;
}

function legend(metric: RankingMetric, hasSeeds: boolean): string {
  return `Ranked by ${rankingName(metric)}, ${metric.direction} is better${
    hasSeeds ? "; mean over seeds with Student's t interval" : ""
  }`;
}

function intervalText({ interval, count }: RankedRow): string {
  if (interval !== null) return interval.map(shortNumber).join(" to ");
  return count === 1 ? "one seed" : "-";
}

/** `done`, or how many of the runs are what. */
function stateText({ cells }: RankedRow): string {
  const counts = new Map<string, number>();
  for (const { state } of cells) {
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  if (counts.size === 1) return cells[0]?.state ?? "";
  return [...counts].map(([state, count]) => `${count} ${state}`).join(", ");
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** `4 of 6 cells are finished, 1 failed`. */
export function matrixTotals(rows: readonly RankedRow[]): string {
  const states = rows.flatMap(({ cells }) => cells.map(({ state }) => state));
  const of = (state: string) => states.filter((one) => one === state).length;
  const rest = (["failed", "unfinished", "waiting"] as const)
    .filter((state) => of(state) > 0).map((state) => `${of(state)} ${state}`);
  return [
    `${of("done")} of ${counted(states.length, "cell")} finished`,
    ...rest,
  ].join(", ");
}
