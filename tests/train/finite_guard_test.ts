// Batches that are left out: counted, and fatal in a row.
import assert from "node:assert/strict";
import { StepFailure } from "../../lib/error/failure.ts";
import {
  countUpdate,
  firstNonFinite,
  NONE_SKIPPED,
} from "../../lib/train/finite_guard.ts";

Deno.test("firstNonFinite() names the first term that is no number", () => {
  assert.equal(firstNonFinite({ a: 1, b: NaN, c: Infinity }), "b");
  assert.equal(firstNonFinite({ a: 1 }), null);
});

Deno.test("countUpdate() forgets a row at a good batch and keeps the total", () => {
  const bad = { term: "kl_loss", value: NaN, trainStep: 7, limit: 3, rows: 2 };
  let skipped = countUpdate(NONE_SKIPPED, bad);
  skipped = countUpdate(skipped, bad);
  assert.deepEqual(skipped, { in_a_row: 2, total: 2 });
  skipped = countUpdate(skipped, { ...bad, term: null });
  assert.deepEqual(skipped, { in_a_row: 0, total: 2 });
});

Deno.test("countUpdate() lets pass as many as the limit says", () => {
  const bad = { term: "kl_loss", value: NaN, trainStep: 7, limit: 1, rows: 2 };
  assert.throws(() => countUpdate(NONE_SKIPPED, bad), StepFailure);
  const { total } = countUpdate({ in_a_row: 8, total: 9 }, {
    ...bad,
    limit: 10,
  });
  assert.equal(total, 10);
});

Deno.test("countUpdate() ends the step at three in a row and names the term", () => {
  const bad = { term: "kl_loss", value: NaN, trainStep: 7, limit: 3, rows: 2 };
  const two = countUpdate(countUpdate(NONE_SKIPPED, bad), bad);
  assert.throws(() => countUpdate(two, bad), (error) => {
    assert.ok(error instanceof StepFailure);
    assert.equal(
      error.message,
      'Cannot go on training: "kl_loss" is NaN at batch 7, and 3 in a row had to be skipped',
    );
    return true;
  });
});

Deno.test("countUpdate() takes a batch without rows for no good one", () => {
  const bad = { term: "kl_loss", value: NaN, trainStep: 7, limit: 3, rows: 2 };
  const empty = { ...bad, term: null, rows: 0 };
  let skipped = countUpdate(NONE_SKIPPED, bad);
  skipped = countUpdate(countUpdate(skipped, empty), bad);
  assert.deepEqual(countUpdate(skipped, empty), { in_a_row: 2, total: 2 });
  assert.throws(() => countUpdate(skipped, bad), StepFailure);
});
