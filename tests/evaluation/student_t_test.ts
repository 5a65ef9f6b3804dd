import assert from "node:assert/strict";
import {
  meanInterval,
  tDistribution,
  tQuantile,
} from "../../lib/evaluation/student_t.ts";

Deno.test("tQuantile() gives the numbers of the tables, and those of SciPy between them", () => {
  const wanted: readonly (readonly [number, number, number])[] = [
    [0.975, 1, 12.706204736174694],
    [0.975, 2, 4.302652729749462],
    [0.975, 4, 2.7764451051977934],
    [0.995, 9, 3.249835541592126],
    [0.975, 2.5, 3.5746548420036817],
    [0.975, 1e6, 1.959966356814107],
    [0.025, 30, -2.0422724563012378],
  ];
  for (const [p, freedom, quantile] of wanted) {
    assert.ok(Math.abs(tQuantile(p, freedom) / quantile - 1) < 1e-7);
    assert.ok(Math.abs(tDistribution(quantile, freedom) - p) < 1e-9);
  }
  assert.throws(() => tQuantile(1, 3), RangeError);
});

Deno.test("meanInterval() is the t interval of the mean, and none for one value", () => {
  const { mean, interval } = meanInterval([1, 2, 3, 4]);
  assert.equal(mean, 2.5);
  // R: t.test(1:4)$conf.int
  assert.ok(Math.abs((interval?.[0] ?? 0) - 0.4457397) < 1e-6);
  assert.ok(Math.abs((interval?.[1] ?? 0) - 4.5542603) < 1e-6);
  assert.deepEqual(meanInterval([7]), { mean: 7, interval: null });
});
