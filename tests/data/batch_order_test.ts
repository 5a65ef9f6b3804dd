// The order of batches against FluxFlow's sampler tests RS1 to RS21, and what it repairs: no picture is dropped, no batch mixes sizes.
import assert from "node:assert/strict";
import { BatchOrder, type PlannedBatch } from "../../lib/data/batch_order.ts";
import { Permutation } from "../../lib/random/permutation.ts";
import { ViewTable } from "../../lib/data/view_table.ts";

/** FluxFlow's fixture: 100 pictures in groups of 50, 25 and 25. */
const SIZES = Array.from({ length: 100 }, (_, index) => {
  const height = index % 4 === 1 ? 32 : index % 4 === 3 ? 64 : 48;
  return [{ width: 48, height }];
});
const BATCH = 8;

function order(seed = 42, maxBatches: number | null = null): BatchOrder {
  return new BatchOrder(new ViewTable(SIZES), {
    ...{ batchSize: BATCH, seed, maxBatches },
  });
}

function epochOf(batches: BatchOrder, epoch: number): PlannedBatch[] {
  return Array.from(
    { length: batches.batchesPerEpoch },
    (_, batch) => batches.at(epoch, batch),
  );
}

function viewsOf(batches: readonly PlannedBatch[]): number[] {
  return batches.flatMap(({ views }) => [...views]);
}

Deno.test("RS1, RS2, RS6: an order has buckets by size and as many batches as its epoch", () => {
  const batches = order();
  assert.deepEqual(
    batches.buckets.map(({ size, views }) => [size.height, views.length]),
    [[32, 25], [48, 50], [64, 25]],
  );
  assert.equal(batches.batchesPerEpoch, 4 + 7 + 4);
  assert.equal(epochOf(batches, 0).length, batches.batchesPerEpoch);
  assert.throws(() => batches.at(0, batches.batchesPerEpoch), RangeError);
});

Deno.test("RS3: every batch is full but the last one of each size: remainders are kept", () => {
  const sizes = epochOf(order(), 0).map(({ views }) => views.length);
  const short = sizes.filter((count) => count < BATCH).sort();
  assert.deepEqual(short, [1, 1, 2]);
});

Deno.test("RS4, RS5, RS18: the order is a function of seed and epoch", () => {
  const first = viewsOf(epochOf(order(), 0));
  assert.deepEqual(viewsOf(epochOf(order(), 0)), first);
  assert.notDeepEqual(viewsOf(epochOf(order(43), 0)), first);
  const epochs = [0, 1, 2].map((epoch) =>
    viewsOf(epochOf(order(), epoch)).join()
  );
  assert.equal(new Set(epochs).size, 3);
});

Deno.test("RS7, RS10-12, RS19, RS20: any batch is found without those before it, so half and rest are the whole", () => {
  const whole = epochOf(order(), 1);
  const rest = order();
  for (let batch = 5; batch < rest.batchesPerEpoch; batch++) {
    assert.deepEqual(rest.at(1, batch), whole[batch]);
  }
  const resumed = Array.from(
    { length: rest.batchesPerEpoch - 5 },
    (_, at) => order().at(1, at + 5),
  );
  const seen = [...whole.slice(0, 5), ...resumed];
  assert.deepEqual(seen, whole);
  assert.equal(new Set(viewsOf(seen)).size, 100);
});

Deno.test("RS13, RS21: another epoch begins at its first batch, in another order, and is whole", () => {
  const batches = order();
  const [first, second] = [epochOf(batches, 0), epochOf(batches, 1)];
  assert.notDeepEqual(second[0], first[0]);
  assert.equal(new Set(viewsOf(second)).size, 100);
  const kinds = (epoch: readonly PlannedBatch[]) =>
    epoch.map(({ size }) => size.height).join();
  assert.notEqual(kinds(first), kinds(second));
  // Not the same batches in another order: pictures get other company.
  const company = (epoch: readonly PlannedBatch[]) =>
    epoch.map(({ views }) => views.join()).sort();
  assert.notDeepEqual(company(first), company(second));
});

Deno.test("RS16: no picture twice in one epoch, and none left out", () => {
  for (const epoch of [0, 1, 7]) {
    const seen = viewsOf(epochOf(order(), epoch)).toSorted((a, b) => a - b);
    assert.deepEqual(seen, Array.from({ length: 100 }, (_, index) => index));
  }
});

Deno.test("RS17: a batch holds one size", () => {
  for (const { size, views } of epochOf(order(), 3)) {
    for (const view of views) assert.deepEqual(SIZES[view]![0], size);
  }
});

Deno.test("a limit of batches cuts an epoch, with every size in it sooner or later", () => {
  const batches = order(42, 3);
  assert.equal(batches.batchesPerEpoch, 3);
  const seen = new Set<number>();
  for (let epoch = 0; epoch < 20; epoch++) {
    for (const { size } of epochOf(batches, epoch)) seen.add(size.height);
  }
  assert.equal(seen.size, 3);
});

Deno.test("a batch of a huge order is found without a look at the others", () => {
  const one = { width: 32, height: 32 };
  const other = { width: 32, height: 48 };
  const sizes = Array.from({ length: 200_000 }, (_, at) => [
    at % 2 === 0 ? one : other,
  ]);
  const batches = new BatchOrder(new ViewTable(sizes), {
    ...{ batchSize: 4, seed: 1, maxBatches: null },
  });
  let drawn = 0;
  const at = Permutation.prototype.at;
  Permutation.prototype.at = function (index) {
    drawn++;
    return at.call(this, index);
  };
  try {
    for (let batch = 0; batch < 1000; batch++) batches.at(9, 49_999 - batch);
  } finally {
    Permutation.prototype.at = at;
  }
  // The place of the batch, and its four views.
  assert.equal(drawn, 1000 * (1 + 4));
});
