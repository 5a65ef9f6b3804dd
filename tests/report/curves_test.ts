import assert from "node:assert/strict";
import { curvesOf } from "../../lib/report/curves.ts";
import type { MetricRow, TimingRow } from "../../lib/metrics/metric_log.ts";

function timing(
  global_step: number,
  update: number,
  more: Partial<TimingRow> = {},
): TimingRow {
  return {
    global_step,
    time: "2026-01-01T00:00:00Z",
    seconds: { update },
    ...more,
  };
}

Deno.test("curvesOf() counts the rows of a killed process once and marks where the next one went on", () => {
  const { throughput, resumes } = curvesOf([], [
    timing(10, 1),
    timing(20, 1),
    timing(30, 1),
    timing(20, 0, { resumed: true }),
    timing(30, 5),
    timing(40, 10),
  ]);
  assert.deepEqual(resumes, [20]);
  assert.deepEqual(throughput.points, [[10, 10], [20, 10], [30, 2], [40, 1]]);
});

Deno.test("curvesOf() sees a resume in the timings of versions that did not mark it", () => {
  const { resumes, throughput } = curvesOf([], [
    timing(10, 1),
    timing(20, 1),
    timing(30, 1),
    timing(20, 2),
    timing(30, 2),
  ]);
  assert.deepEqual(resumes, [10]);
  assert.deepEqual(throughput.points, [[10, 10], [20, 5], [30, 5]]);
});

Deno.test("curvesOf() keeps training, held-out values and rates apart and counts gaps", () => {
  const row = (global_step: number, loss: number | null): MetricRow => ({
    kind: "train",
    epoch: 0,
    batch: global_step - 1,
    global_step,
    metrics: { loss },
    learning_rates: { vae: 0.1 },
  });
  const curves = curvesOf([
    row(1, 2),
    row(2, null),
    {
      kind: "eval",
      epoch: 0,
      batch: 1,
      global_step: 2,
      metrics: { val_loss: 3 },
    },
  ], []);
  assert.deepEqual(
    curves.train.map(({ name, points, gaps }) => [name, points, gaps]),
    [
      ["loss", [[1, 2]], 1],
    ],
  );
  assert.deepEqual(curves.heldOut[0]?.points, [[2, 3]]);
  assert.deepEqual(curves.rates[0]?.points, [[1, 0.1], [2, 0.1]]);
  assert.deepEqual(curves.epochEnds, [2]);
});
