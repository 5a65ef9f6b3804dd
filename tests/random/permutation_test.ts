// Permutations: bijections, functions of (size, seed, epoch), and shuffled.
import assert from "node:assert/strict";
import { Permutation } from "../../lib/random/permutation.ts";

function orderOf(size: number, seed: number, epoch: number): number[] {
  const permutation = Permutation.of(size, seed, epoch);
  return Array.from({ length: size }, (_, index) => permutation.at(index));
}

Deno.test("Permutation is a bijection at every size", () => {
  for (const size of [...Array(70).keys()].slice(1).concat(1000, 4097)) {
    const order = orderOf(size, 5, 2);
    assert.equal(new Set(order).size, size);
    assert.ok(order.every((value) => value >= 0 && value < size));
  }
});

Deno.test("Permutation is a function of size, seed and epoch", () => {
  assert.deepEqual(orderOf(100, 1, 0), orderOf(100, 1, 0));
  assert.notDeepEqual(orderOf(100, 1, 0), orderOf(100, 1, 1));
  assert.notDeepEqual(orderOf(100, 1, 0), orderOf(100, 2, 0));
});

Deno.test("Permutation puts every item at every place about equally often", () => {
  const size = 8;
  const epochs = 4000;
  const counts = new Array<number>(size * size).fill(0);
  for (let epoch = 0; epoch < epochs; epoch++) {
    orderOf(size, 11, epoch).forEach((item, place) =>
      counts[place * size + item]!++
    );
  }
  const expected = epochs / size;
  const chiSquare = counts.reduce(
    (sum, count) => sum + (count - expected) ** 2 / expected,
    0,
  );
  // 49 degrees of freedom: 99.9 % of fair shuffles stay below 85.4.
  assert.ok(chiSquare < 85.4, String(chiSquare));
});

Deno.test("Permutation leaves few items where they were", () => {
  const fixed = orderOf(10_000, 3, 0).filter((item, place) => item === place);
  assert.ok(fixed.length < 10, String(fixed.length));
});

Deno.test("Permutation reaches places of a huge order at once", () => {
  const permutation = Permutation.of(2 ** 32, 1, 1);
  const places = [0, 1, 2 ** 31, 2 ** 32 - 1].map((at) => permutation.at(at));
  assert.equal(new Set(places).size, 4);
  assert.ok(places.every((place) => place >= 0 && place < 2 ** 32));
});

Deno.test("Permutation refuses sizes and places that it does not have", () => {
  for (const size of [0, -1, 1.5, 2 ** 32 + 1]) {
    assert.throws(() => Permutation.of(size, 0, 0), RangeError);
  }
  for (const place of [-1, 3, 0.5]) {
    assert.throws(() => Permutation.of(3, 0, 0).at(place), RangeError);
  }
});
