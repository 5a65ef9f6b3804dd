import assert from "node:assert/strict";
import {
  emptyWindow,
  meanSoFar,
  type MetricWindow,
  pushMetric,
  windowMean,
} from "../../lib/metrics/metric_window.ts";

Deno.test("windowMean() is null until the window is full, then the mean of the last values", () => {
  let window = emptyWindow(3);
  const found = [1, 2, 3, 7].map((value) => {
    window = pushMetric(window, value);
    return windowMean(window);
  });
  assert.deepEqual(found, [null, null, 2, 4]);
});

Deno.test("meanSoFar() is the mean of what there is", () => {
  assert.equal(meanSoFar(emptyWindow(5)), null);
  assert.equal(meanSoFar(pushMetric(pushMetric(emptyWindow(5), 1), 2)), 1.5);
});

Deno.test("pushMetric() leaves out what is not finite", () => {
  const window = pushMetric(emptyWindow(2), 4);
  assert.deepEqual(pushMetric(window, NaN), { size: 2, values: [4] });
  assert.deepEqual(pushMetric(window, Infinity), { size: 2, values: [4] });
});

Deno.test("pushMetric() continues from JSON exactly", () => {
  let straight = emptyWindow(4);
  let stored = emptyWindow(4);
  for (let k = 0; k < 11; k++) {
    straight = pushMetric(straight, Math.sin(k) / 3);
    stored = JSON.parse(
      JSON.stringify(pushMetric(stored, Math.sin(k) / 3)),
    ) as MetricWindow;
    assert.deepEqual(stored, straight);
    assert.equal(windowMean(stored), windowMean(straight));
  }
});

for (const size of [0, -1, 1.5, NaN]) {
  Deno.test(`emptyWindow() refuses a size of ${size}`, () => {
    assert.throws(() => emptyWindow(size), RangeError);
  });
}
