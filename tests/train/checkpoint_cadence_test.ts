// When a checkpoint is due.
import assert from "node:assert/strict";
import {
  isDueByBatches,
  isDueByMinutes,
} from "../../lib/train/checkpoint_cadence.ts";

const CADENCE = { intervalBatches: 3, intervalMinutes: 2 };

Deno.test("isDueByBatches() counts train steps of the whole step", () => {
  const due = (trainStep: number) =>
    isDueByBatches(CADENCE, { epoch: 0, batch: trainStep, trainStep }, 100);
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6].map(due), [
    false,
    false,
    false,
    true,
    false,
    false,
    true,
  ]);
});

Deno.test("isDueByBatches() waits at the last batch of an epoch for the epoch's end", () => {
  assert.equal(
    isDueByBatches(CADENCE, { epoch: 0, batch: 3, trainStep: 3 }, 3),
    false,
  );
  assert.equal(
    isDueByBatches(CADENCE, { epoch: 1, batch: 0, trainStep: 3 }, 3),
    true,
  );
});

Deno.test("isDueByMinutes() compares elapsed time, and never fires without an interval", () => {
  assert.equal(isDueByMinutes(CADENCE, 119_999), false);
  assert.equal(isDueByMinutes(CADENCE, 120_000), true);
  assert.equal(
    isDueByMinutes({ intervalBatches: 1, intervalMinutes: null }, 1e9),
    false,
  );
});
