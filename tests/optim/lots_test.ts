import assert from "node:assert/strict";
import { lotsOf } from "../../lib/optim/lots.ts";

Deno.test("lotsOf() keeps the order, fills lots, and leaves what is larger than one alone", () => {
  const million = 2 ** 20;
  const lots = (sizes: number[]) => lotsOf(sizes, (size) => size);
  assert.deepEqual(lots([]), []);
  assert.deepEqual(lots([1, 2, 3]), [[1, 2, 3]]);
  assert.deepEqual(lots([million - 1, 1, 1]), [[million - 1, 1], [1]]);
  assert.deepEqual(lots([1, 5 * million, 1, 2]), [[1], [5 * million], [1, 2]]);
});
