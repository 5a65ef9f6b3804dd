import assert from "node:assert/strict";
import { layOutGraph } from "../../lib/report/graph_layout.ts";

Deno.test("layOutGraph() puts every step below what it needs, two arms beside each other", () => {
  const { places, rows, columns } = layOutGraph([
    { name: "data", needs: [] },
    { name: "warm", needs: ["data"] },
    { name: "on", needs: ["warm"] },
    { name: "off", needs: ["warm"] },
    { name: "judge", needs: ["on", "off"] },
  ]);
  assert.deepEqual([rows, columns], [4, 2]);
  assert.deepEqual(Object.fromEntries(places), {
    data: { row: 0, column: 0.5 },
    warm: { row: 1, column: 0.5 },
    on: { row: 2, column: 0 },
    off: { row: 2, column: 1 },
    judge: { row: 3, column: 0.5 },
  });
});

Deno.test("layOutGraph() breaks two hundred cells into rows, none at another's place", () => {
  const cells = Array.from({ length: 200 }, (_, at) => ({
    name: `c${at}`,
    needs: at === 0 ? [] : ["c0"],
  }));
  const { places, columns } = layOutGraph(cells);
  assert.equal(columns, 5);
  const taken = [...places.values()].map(({ row, column }) =>
    `${row}/${column}`
  );
  assert.equal(new Set(taken).size, 200);
});
