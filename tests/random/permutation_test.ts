// Orders without a stored order: every item once, a function of its three numbers, and a fair shuffle.
import assert from "node:assert/strict";
import { Permutation } from "../../lib/random/permutation.ts";

Deno.test("Permutation visits every item exactly once", () => {
  const sizes = [
    ...Array.from({ length: 70 }, (_, index) => index + 1),
    100,
    255,
    256,
    257,
    1000,
    1023,
    1024,
    1025,
    4097,
    10_007,
  ];
  for (const size of sizes) {
    for (const epoch of [0, 1, 5]) {
      const order = Permutation.of(size, 3, epoch);
      const seen = new Uint8Array(size);
      for (let index = 0; index < size; index++) seen[order.at(index)]!++;
      assert.ok(seen.every((count) => count === 1), `size ${size}`);
    }
  }
});

Deno.test("Permutation is a function of size, seed and epoch", () => {
  const orderOf = (seed: number, epoch: number) => {
    const order = Permutation.of(40, seed, epoch);
    return Array.from({ length: 40 }, (_, index) => order.at(index));
  };
  assert.deepEqual(orderOf(1, 2), orderOf(1, 2));
  assert.notDeepEqual(orderOf(1, 2), orderOf(1, 3));
  assert.notDeepEqual(orderOf(1, 2), orderOf(2, 2));
});

Deno.test("Permutation holds items beyond 2^31", () => {
  const order = Permutation.of(2 ** 32, 1, 0);
  const seen = new Set<number>();
  for (let index = 0; index < 1000; index++) {
    const item = order.at(2 ** 32 - 1 - index);
    assert.ok(item >= 0 && item < 2 ** 32);
    seen.add(item);
  }
  assert.equal(seen.size, 1000);
});

Deno.test("Permutation brings every item to every place about equally often", () => {
  const size = 5, epochs = 20_000;
  const counts = Array.from(
    { length: size },
    () => new Array<number>(size).fill(0),
  );
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = Permutation.of(size, 17, epoch);
    for (let place = 0; place < size; place++) {
      counts[place]![order.at(place)]!++;
    }
  }
  const wanted = epochs / size;
  for (const row of counts) {
    for (const count of row) {
      assert.ok(Math.abs(count - wanted) < 0.06 * wanted, `${count}`);
    }
  }
});

Deno.test("Permutation refuses sizes, epochs and places that do not exist", () => {
  for (const size of [0, -1, 1.5, 2 ** 33]) {
    assert.throws(() => Permutation.of(size, 1, 0), RangeError);
  }
  assert.throws(() => Permutation.of(3, 1, -1), RangeError);
  const order = Permutation.of(3, 1, 0);
  for (const index of [-1, 3, 0.5]) {
    assert.throws(() => order.at(index), RangeError);
  }
});
