// When a checkpoint is due.
import assert from "node:assert/strict";
import { SYSTEM_CLOCK } from "../../lib/clock/clock.ts";
import { SavingAccount } from "../../lib/train/saving_account.ts";
import {
  type CheckpointCadence,
  isDueByBatches,
  isDueByMinutes,
  mayBeLeftOut,
} from "../../lib/train/checkpoint_cadence.ts";

const CADENCE: CheckpointCadence = {
  intervalBatches: 3,
  intervalMinutes: 2,
  maxLostMinutes: null,
  keepsBest: false,
};

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
    isDueByMinutes({ ...CADENCE, intervalMinutes: null }, 1e9),
    false,
  );
});

Deno.test("mayBeLeftOut() leaves out what takes more than 3 %, and nothing without a bound or where the best are kept", () => {
  const bounded: CheckpointCadence = { ...CADENCE, maxLostMinutes: 10 };
  const leaves = (
    sinceLastMs: number,
    lastSaveMs: number | null,
    cadence = bounded,
  ) => mayBeLeftOut(cadence, { sinceLastMs, lastSaveMs });
  assert.equal(leaves(1000, null), false);
  assert.equal(leaves(1000, 100), true);
  assert.equal(leaves(3400, 100), false);
  assert.equal(leaves(1000, 100, CADENCE), false);
  assert.equal(leaves(1000, 100, { ...bounded, keepsBest: true }), false);
});

/** Trains `steps` batches of 200 ms with saves of `saveMs`, by batches alone, and answers the account's own words. */
async function accountOf(
  maxLostMinutes: number | null,
  saveMs: number,
  { steps = 18_000, ...intervals }: Partial<CheckpointCadence> & {
    readonly steps?: number;
  } = {},
): Promise<string> {
  let now = 0;
  const clock = { ...SYSTEM_CLOCK, elapsedMs: () => now };
  const cadence = {
    ...CADENCE,
    intervalMinutes: null,
    maxLostMinutes,
    ...intervals,
  };
  const account = new SavingAccount(clock, cadence);
  for (let step = 1; step <= steps; step++) {
    now += 200;
    const cursor = { epoch: 0, batch: step, trainStep: step };
    if (account.isDue(cursor, 1e6)) {
      await account.measure(() => {
        now += saveMs;
        return Promise.resolve();
      });
    }
  }
  return account.describe()!;
}

Deno.test("SavingAccount holds saving to 3 % of the time within the bound on lost work, and the bound where both cannot be", async () => {
  const share = (text: string) => Number(/\((.*) %\)/.exec(text)![1]);
  assert.ok(share(await accountOf(null, 300)) > 30);
  const held = await accountOf(5, 300);
  assert.ok(share(held) <= 3.0, held);
  assert.ok(share(held) > 2.5, held);
  assert.match(held, /\d+ left out as too dear; at most 1\d(\.\d)? s of work/);
  const bounded = await accountOf(1, 6000);
  assert.ok(share(bounded) > 8, bounded);
  assert.match(bounded, /at most 1 min (6|7) s of work were unsaved$/);
});

Deno.test("SavingAccount counts what is left out by batches; a save by minutes is put off and counted never", async () => {
  // One by minutes after 1 s; the next one is worth its 0.3 s after 9.8 s, 49 batches later.
  const cadence = { intervalMinutes: 1 / 60, steps: 5 + 49 };
  const both = await accountOf(5, 300, { ...cadence, intervalBatches: 10 });
  assert.match(
    both,
    /: 2 checkpoints, 5 left out as too dear; at most 10(\.1)? s/,
  );
  const minutes = await accountOf(5, 300, {
    ...cadence,
    intervalBatches: null,
  });
  assert.match(minutes, /: 2 checkpoints; at most 10(\.1)? s/);
});
