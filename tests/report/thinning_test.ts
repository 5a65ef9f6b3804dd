import assert from "node:assert/strict";
import { type Point, smoothed, thinned } from "../../lib/report/thinning.ts";

function line(count: number, value: (at: number) => number): Point[] {
  return Array.from({ length: count }, (_, at) => [at, value(at)] as const);
}

Deno.test("thinned() keeps the ends, a lone peak and at most the asked number", () => {
  const points = line(10_000, (at) => at === 4321 ? 50 : Math.sin(at / 900));
  const kept = thinned(points, 320);
  assert.equal(kept.length, 320);
  assert.deepEqual([kept[0], kept.at(-1)], [points[0], points.at(-1)]);
  assert.ok(kept.some(([x, y]) => x === 4321 && y === 50));
  assert.deepEqual(
    kept.map(([x]) => x),
    kept.map(([x]) => x).toSorted((a, b) => a - b),
  );
});

Deno.test("thinned() leaves short curves as they are", () => {
  const points = line(5, (at) => at);
  assert.equal(thinned(points, 5), points);
  assert.deepEqual(thinned(points, 2), [points[0], points[4]]);
});

Deno.test("smoothed() starts at the first value, follows a step, and leaves short curves alone", () => {
  assert.equal(smoothed(line(19, () => 1)), null);
  const smooth = smoothed(line(300, (at) => at < 150 ? 1 : 3))!;
  assert.equal(smooth[0]![1], 1);
  assert.ok(Math.abs(smooth[149]![1] - 1) < 1e-9);
  assert.ok(smooth[155]![1] > 1.5 && smooth[155]![1] < 3);
  assert.ok(Math.abs(smooth[299]![1] - 3) < 0.01);
});
