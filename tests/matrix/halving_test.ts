import assert from "node:assert/strict";
import type { Matrix } from "../../lib/config/load_matrix.ts";
import {
  type CellResult,
  readCellResults,
} from "../../lib/matrix/cell_results.ts";
import { halvingRounds } from "../../lib/config/matrix_search.ts";
import { nextRuns } from "../../lib/matrix/halving.ts";
import { matrixFacts } from "../../lib/matrix/matrix_facts.ts";
import { matrixRecord } from "../../lib/matrix/matrix_record.ts";
import { matrixPage } from "../../lib/report/matrix_page.ts";
import { labelsFrom, matrixFrom } from "../config/matrix_cases.ts";

const AXES =
  "axes: { training.lr: { from: 1e-5, to: 1e-1, scale: log }, training.batch_size: [2, 4, 8] }";
const RESOURCE = "training.pipeline.steps.vae.n_epochs";

function halving(budget: number, more = ""): string {
  return `matrix: { ${AXES}, seeds: 2, search: { type: halving, budget: ${budget}, resource: ${RESOURCE}, from: 1, to: 9 }${more} }`;
}

/** Runs a search on numbers instead of trainings: the loss of a cell is `lossOf` of its values and seed, null for a failure. */
function search(
  matrix: Matrix,
  lossOf: (lr: number, seed: number) => number | null,
  stopAfter = Infinity,
  before: readonly string[] = [],
): string[] {
  const done = new Set(before);
  const tried = new Set<string>();
  const order: string[] = [];
  const results = () =>
    matrixRecord(matrix).cells.map((cell): CellResult => {
      const loss = lossOf(Number(cell.values["lr"]), cell.seed ?? 0);
      return done.has(cell.run)
        ? {
          ...{ cell, folders: {} },
          state: loss === null ? "failed" : "done",
          metrics: loss === null ? {} : { "more.loss": loss },
        }
        : { cell, state: "waiting", metrics: {}, folders: {} };
    });
  for (;;) {
    const runs = nextRuns({ ...matrix, results: results(), tried });
    if (runs.length === 0) return order;
    for (const run of runs) {
      if (order.length >= stopAfter) return order;
      tried.add(run);
      done.add(run);
      order.push(run);
    }
  }
}

Deno.test("a random search draws as many cells as its budget, a larger one the same ones first, none of them excluded", async () => {
  const random = (budget: number, more = "") =>
    labelsFrom(
      `matrix: { ${AXES}, search: { type: random, budget: ${budget}, seed: 4 }${more} }`,
    );
  const few = await random(3);
  const many = await random(9);
  assert.equal(new Set(many).size, 9);
  assert.deepEqual(many.slice(0, 3), few);
  assert.match(many[0] ?? "", /^lr-[\d.e-]+\.batch_size-[248]$/);
  const bounded = await random(
    9,
    ", exclude: [{ batch_size: 2 }], include: [{ lr: 1 }]",
  );
  assert.equal(bounded.filter((label) => label.includes("size-2")).length, 0);
  assert.equal(bounded.at(-1), "lr-1");
  assert.equal(bounded.length, 10);
});

Deno.test("nextRuns() halves: every draw runs short, the best third of each round goes on, seeds and all", async () => {
  const matrix = await matrixFrom(halving(26, ", metric: more.loss"));
  const loss = (lr: number, seed: number) =>
    Math.abs(Math.log10(lr) + 3) + seed;
  const order = search(matrix, loss);
  const of = (epochs: number) =>
    order.filter((run) => run.includes(`n_epochs-${epochs}.`));
  assert.deepEqual([of(1).length, of(3).length, of(9).length], [36, 12, 4]);
  const rates = (runs: readonly string[]) =>
    new Set(runs.map((run) => Number(/lr-([\d.e-]+?)\.batch/.exec(run)?.[1])));
  const sorted = [...rates(of(1))].sort((a, b) => loss(a, 0) - loss(b, 0));
  assert.deepEqual(
    rates(of(9)),
    new Set(sorted.slice(0, 2)),
  );
});

Deno.test("nextRuns() after a kill takes the decisions that it would have taken", async () => {
  const matrix = await matrixFrom(halving(13, ", metric: more.loss"));
  const loss = (lr: number, seed: number) => Math.sin(lr * 1e4) + seed / 10;
  const whole = search(matrix, loss);
  for (const killed of [1, 17, 18, 20, 25]) {
    const before = search(matrix, loss, killed);
    const after = search(matrix, loss, Infinity, before);
    assert.deepEqual(new Set(after), new Set(whole), `killed at ${killed}`);
  }
});

Deno.test("nextRuns() ends a search after a round that measured nothing", async () => {
  const matrix = await matrixFrom(halving(13, ", metric: more.loss"));
  const order = search(matrix, () => null);
  assert.ok(order.length > 0);
  assert.ok(order.every((run) => run.includes("n_epochs-1.")));
});

Deno.test("halvingRounds() names a first round of nothing and a share that keeps all, as a command line may ask", () => {
  const asked = {
    ...{ type: "halving" as const, budget: 26, seed: 0 },
    ...{ resource: RESOURCE, from: 1, to: 9, keep_one_in: 3 },
  };
  assert.equal(halvingRounds(asked).length, 3);
  assert.match(String(halvingRounds({ ...asked, from: 0 })), /begins with 0/);
  assert.match(
    String(halvingRounds({ ...asked, keep_one_in: 1 })),
    /keeps one in 1/,
  );
});

Deno.test("matrixFacts() counts no cell of a later round that was not chosen for it", async () => {
  const record = matrixRecord(await matrixFrom(halving(13)));
  const facts = await matrixFacts(
    record,
    await readCellResults("no folder at all", record),
  );
  const { rows } = facts;
  assert.match(matrixPage(facts), /0 of 18 finished/);
  assert.ok(rows.length > 0 && rows.every(({ round }) => round === 0));
  assert.deepEqual(new Set(rows.map(({ rank }) => rank)), new Set([null]));
});

Deno.test("nextRuns() sends nobody on that failed with a seed while others are there", async () => {
  const matrix = await matrixFrom(halving(13, ", metric: more.loss"));
  const rates = matrix.cells.map(({ cell }) => Number(cell.values["lr"]));
  const lowest = Math.min(...rates);
  const order = search(
    matrix,
    (lr, seed) => lr === lowest && seed === 1 ? null : lr,
  );
  const isLowest = (run: string) => run.includes(`lr-${lowest}.`);
  assert.ok(order.some((run) => isLowest(run) && run.includes("n_epochs-1.")));
  assert.ok(!order.some((run) => isLowest(run) && run.includes("n_epochs-3.")));
});
