// training_state.json of the original: every field that it may have, and every one that it may lack.
import assert from "node:assert/strict";
import {
  describePosition,
  parseRunPosition,
} from "../../lib/exchange/run_position.ts";
import { ORIGINAL_STATE } from "./original_files.ts";

Deno.test("TS4-6: the original's state file is read at epochs 5, 100 and 1000", () => {
  for (const epoch of [5, 100, 1000]) {
    const legacy = parseRunPosition(JSON.stringify({
      version: "1.0",
      mode: "legacy",
      timestamp: "2026-01-12T08:30:00",
      epoch,
      batch_idx: 30,
      global_step: epoch * 40,
      kl_warmup: { current_beta: 0.5, warmup_steps: 10, max_beta: 1 },
      learning_rates: { vae: 1e-5 },
    }));
    assert.deepEqual(legacy, {
      version: "1.0",
      timestamp: "2026-01-12T08:30:00",
      step: null,
      epoch,
      batch: 30,
      globalStep: epoch * 40,
      completed: [],
    });
  }
});

Deno.test("parseRunPosition() takes the step's own epoch and batch, and the run's in old files", () => {
  const own = { ...ORIGINAL_STATE, epoch: 9, batch_idx: 9 };
  const read = parseRunPosition(JSON.stringify(own))!;
  assert.deepEqual([read.epoch, read.batch], [3, 75]);
  const old = {
    ...own,
    pipeline: { current_step_index: 1, steps_completed: ["vae", 7] },
  };
  const fallen = parseRunPosition(JSON.stringify(old))!;
  assert.deepEqual([fallen.epoch, fallen.batch, fallen.completed], [9, 9, [
    "vae",
  ]]);
  assert.equal(
    describePosition(fallen),
    "The original run stood at step 2, epoch 9, batch 9, global step 2500, finished steps: vae",
  );
});

Deno.test("parseRunPosition() gives nothing for a torn or another file, and nulls for what is no number", () => {
  const text = JSON.stringify(ORIGINAL_STATE);
  for (let end = 0; end < text.length; end++) {
    assert.equal(parseRunPosition(text.slice(0, end)), null);
  }
  assert.equal(parseRunPosition("[1]"), null);
  const odd = parseRunPosition('{"epoch":"five","batch_idx":1.5}')!;
  assert.deepEqual([odd.epoch, odd.batch, odd.globalStep], [null, null, null]);
});
