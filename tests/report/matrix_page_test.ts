import assert from "node:assert/strict";
import type { MatrixFacts } from "../../lib/matrix/matrix_facts.ts";
import type { CellResult } from "../../lib/matrix/cell_results.ts";
import type {
  MatrixRecord,
  RecordedCell,
} from "../../lib/matrix/matrix_record.ts";
import { rankCells } from "../../lib/matrix/ranking.ts";
import { matrixPage } from "../../lib/report/matrix_page.ts";

const METRIC = {
  step: "vae",
  metric: "loss",
  direction: "lower",
  isNamed: true,
} as const;

/** A matrix of so many rates, each with three seeds; the last cell failed. */
function factsOf(rates: number): MatrixFacts {
  const cells = Array.from(
    { length: rates },
    (_, rate) =>
      [1, 2, 3].map((seed): RecordedCell => ({
        run: `spade.lr-${rate}.seed-${seed}`,
        label: `lr-${rate}.seed-${seed}`,
        values: { lr: rate },
        shown: { lr: String(rate) },
        ...{ seed, round: null, digest: "0" },
      })),
  ).flat();
  const results = cells.map((cell, index): CellResult => ({
    cell,
    state: index === cells.length - 1 ? "failed" : "done",
    metrics: index === cells.length - 1
      ? {}
      : { "vae.loss": rates - Math.floor(index / 3) + (index % 3) / 10 },
    folders: {},
  }));
  const record: MatrixRecord = {
    ...{ version: 1, name: "spade", pipeline: "spade.yaml", axes: ["lr"] },
    ...{
      seeds: [1, 2, 3],
      metric: METRIC,
      search: null,
      comparisons: [],
      cells,
    },
  };
  return { record, results, rows: rankCells(results, METRIC), verdicts: [] };
}

Deno.test("matrixPage() opens with the best combination and leads to the page of every run", () => {
  const page = matrixPage(factsOf(4), new Date(0));
  assert.match(
    page,
    /<h1>Best of 4: lr-3 with vae\.loss 1\.05, 95 % interval/,
  );
  assert.match(page, /href="\.\.\/spade\.lr-3\.seed-1\/report\.html"/);
  assert.match(page, /seed 3<\/a> \(failed\)/);
  assert.match(page, /11 of 12 finished/);
  assert.equal(page.match(/class="interval"/g)?.length, 4);
});

Deno.test("matrixPage() says each verdict with its interval and the seeds one by one, and escapes what users name", () => {
  const facts = factsOf(2);
  const page = matrixPage({
    ...facts,
    record: { ...facts.record, name: "<b>" },
    verdicts: [{
      ...{ step: "compare", metric: "recon_l1", label: "lr-1" },
      ...{ outcome: "better", sentence: '"on" is better than "off"' },
      ...{ mean: -0.5, interval: [-0.7, -0.3], images: 9 },
      perSeed: [{ seed: 1, mean: -0.4 }, { seed: 2, mean: -0.6 }],
    }],
  });
  assert.match(page, /<h1 class="better">lr-1: &quot;on&quot; is better/);
  assert.match(page, /1: -0\.4, 2: -0\.6/);
  assert.match(page, /99 % interval -0\.7 to -0\.3/);
  assert.ok(!page.includes("<b><b>"));
});

Deno.test("matrixPage() of 200 combinations of three seeds stays far under 3 MB", () => {
  const page = matrixPage(factsOf(200));
  assert.ok(page.length > 50_000 && page.length < 400_000, `${page.length}`);
});
