import assert from "node:assert/strict";
import { dataWaitShare, waitText } from "../../lib/metrics/data_wait.ts";

Deno.test("dataWaitShare() is the wait over all attempts by the time of all phases", () => {
  const row = (seconds: Record<string, number>) => ({
    ...{ global_step: 1, time: "2026-01-01T00:00:00.000Z", seconds },
  });
  const rows = [
    row({ start: 1, data: 0.5, update: 2 }),
    row({}),
    row({ data: 0.5, update: 5, checkpoint: 1 }),
  ];
  assert.equal(dataWaitShare(rows), 0.1);
  assert.equal(dataWaitShare([row({ update: 1 })]), 0);
  assert.equal(dataWaitShare([]), null);
});

Deno.test("waitText() tells a little from nothing", () => {
  assert.deepEqual([0, 0.0004, 0.004, 0.25, 1].map(waitText), [
    ...["0 %", "0 %", "0.4 %", "25 %", "100 %"],
  ]);
});
