// The plan of a matrix as text and as data: what each cell would do, and work that cells share told once.
import {
  type MatrixCell,
  type RankingMetric,
  rankingName,
} from "../catalog/matrix.ts";
import { actionsText, totals } from "./action_totals.ts";
import { planToJson } from "./plan_json.ts";
import type { Plan } from "./plan.ts";
import type { Action } from "./step_action.ts";
import { counted, textTable } from "./text_table.ts";

/** A matrix whose cells are planned. */
export interface MatrixPlan {
  readonly name: string;
  readonly file: string;
  readonly metric: RankingMetric | null;
  /** One clause about how cells are chosen; null where all of them run. */
  readonly search: string | null;
  readonly cells: readonly PlannedCell[];
}

/** A cell and what its run would do. */
export interface PlannedCell {
  readonly cell: MatrixCell;
  readonly plan: Plan;
}

/** One step over all cells: how many pieces of work it is, and what would happen to them. */
export interface StepWork {
  readonly step: string;
  readonly cells: number;
  readonly actions: readonly Action[];
}

/** The work of all cells, every key once, by step. A step that another cell would run first is not counted again. */
function matrixWork(cells: readonly PlannedCell[]): StepWork[] {
  const byStep = new Map<
    string,
    { cells: number; keys: Map<string, Action> }
  >();
  for (const { plan } of cells) {
    for (const { name, key, action } of plan.steps) {
      const work = byStep.get(name) ?? { cells: 0, keys: new Map() };
      byStep.set(name, work);
      work.cells++;
      work.keys.set(key, action);
    }
  }
  return [...byStep].map(([step, { cells, keys }]) => ({
    ...{ step, cells },
    actions: [...keys.values()],
  }));
}

/** The plan as text of several lines, without a final line break. */
export function renderMatrix(matrix: MatrixPlan): string {
  const { cells, metric, name, file, search } = matrix;
  const work = matrixWork(cells);
  const rows = cells.map(({ cell, plan }) => [
    cell.label,
    ...(cell.round === null ? [] : [`round ${cell.round + 1}`]),
    totals(plan.steps),
  ]);
  const shared = work.map(({ step, cells, actions }) => [
    step,
    counted(cells, "cell"),
    `${counted(actions.length, "piece")} of work`,
    actionsText(actions),
  ]);
  const all = work.flatMap(({ actions }) => actions);
  return [
    `Plan of ${file}`,
    `matrix: ${name}, ${counted(cells.length, "cell")}${
      search === null ? "" : `, ${search}`
    }`,
    ...(metric === null ? [] : [
      `ranked by: ${rankingName(metric)}, ${metric.direction} is better`,
    ]),
    "",
    "Cells",
    ...textTable(rows, "  "),
    "",
    "Steps, work that cells share counted once",
    ...textTable(shared, "  "),
    "",
    `Total: ${counted(all.length, "piece")} of work: ${actionsText(all)}`,
  ].join("\n");
}

/** The plan as plain JSON. */
export function matrixPlanToJson(matrix: MatrixPlan): Record<string, unknown> {
  const { cells, metric, name, file, search } = matrix;
  return {
    ...{ pipeline: file, matrix: name, metric, search },
    cells: cells.map(({ cell, plan }) => ({ ...cell, plan: planToJson(plan) })),
    work: matrixWork(cells),
  };
}
