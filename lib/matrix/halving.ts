// Which cells of a matrix run next. A decision is a function of results alone, so that a search that was killed takes the same
// ones again and goes on; nothing about it has to be saved.
import type { MatrixSearch, RankingMetric } from "../catalog/matrix.ts";
import { halvingRounds, resourceName } from "../config/matrix_search.ts";
import { canonicalJson } from "../disk/canonical_json.ts";
import type { CellResult } from "./cell_results.ts";
import { rankCells, type RankedRow } from "./ranking.ts";

/** What the choice looks at. */
export interface MatrixStand {
  readonly search: MatrixSearch | null;
  readonly metric: RankingMetric | null;
  /** Of every cell that may run. */
  readonly results: readonly CellResult[];
  /** Runs that have had their turn in this process. Those that were finished before have theirs too: data may have changed. */
  readonly tried: ReadonlySet<string>;
}

/**
 * The runs to run next, all of which may run at the same time; none when the matrix is over. In a search by halving a round
 * begins when the one before is over, with the best of its combinations; one that failed with any seed comes last. A
 * search whose metric no run has is over with that round.
 */
export function nextRuns(stand: MatrixStand): readonly string[] {
  const { search, results, tried } = stand;
  const isOpen = ({ cell }: CellResult) => !tried.has(cell.run);
  if (search?.type !== "halving") {
    return results.filter(isOpen).map(({ cell }) => cell.run);
  }
  const rounds = halvingRounds(search);
  if (typeof rounds === "string") return [];
  let kept: readonly string[] | null = null;
  for (const [round, { cells }] of rounds.entries()) {
    const all = results.filter(({ cell }) => cell.round === round);
    const chosen: readonly CellResult[] = kept === null
      ? all
      : all.filter((one) => kept?.includes(drawOf(one.cell.shown, search)));
    const open = chosen.filter(isOpen);
    if (open.length > 0) return open.map(({ cell }) => cell.run);
    // A round that was cut short says nothing about who goes on.
    const isOver = chosen.every(({ state }) =>
      state === "done" || state === "failed"
    );
    if (!isOver) return [];
    const rows = rankCells(chosen, stand.metric);
    // Where nothing is measured, nothing says who is better.
    if (rows.every(({ mean }) => mean === null)) return [];
    const next = rounds[round + 1]?.cells ?? cells;
    kept = best(rows, search).slice(0, next);
  }
  return [];
}

/** Draws of a round, the best first; those that failed with any seed come last. */
function best(rows: readonly RankedRow[], search: MatrixSearch): string[] {
  const isFailed = ({ mean, cells }: RankedRow) =>
    mean === null || cells.some(({ state }) => state !== "done");
  return rows.toSorted((a, b) => Number(isFailed(a)) - Number(isFailed(b)))
    .map(({ shown }) => drawOf(shown, search));
}

/** What a cell has in common with itself in other rounds. */
function drawOf(shown: RankedRow["shown"], search: MatrixSearch): string {
  const { [resourceName(search)]: _, ...draw } = shown;
  return canonicalJson(draw);
}
