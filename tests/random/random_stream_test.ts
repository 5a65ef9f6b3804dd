// Streams of random numbers: the published vectors, laws of position and names, and moments.
import assert from "node:assert/strict";
import { philox } from "../../lib/random/philox.ts";
import { normalQuantile } from "../../lib/random/normal_quantile.ts";
import { RandomStream } from "../../lib/random/random_stream.ts";

function hexBlock(counter: readonly number[], key: readonly number[]): string {
  const out = new Int32Array(4);
  philox(Int32Array.from(counter, (word) => word | 0), key[0]!, key[1]!, out);
  return [...out].map((word) => (word >>> 0).toString(16).padStart(8, "0"))
    .join(" ");
}

Deno.test("philox() answers the known answers of Random123", () => {
  assert.equal(
    hexBlock([0, 0, 0, 0], [0, 0]),
    "6627e8d5 e169c58d bc57ac4c 9b00dbd8",
  );
  const ones = 0xffffffff;
  assert.equal(
    hexBlock([ones, ones, ones, ones], [ones, ones]),
    "408f276d 41c83b0e a20bc7c6 6d5451fd",
  );
  assert.equal(
    hexBlock([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [
      0xa4093822,
      0x299f31d0,
    ]),
    "d16cfe09 94fdcceb 5001e420 24126ea1",
  );
});

Deno.test("normalQuantile() inverts the distribution function", () => {
  // Reference values of Python's statistics.NormalDist().inv_cdf.
  const known: readonly [number, number][] = [
    [2 ** -33, -6.337957754553787],
    [1e-9, -5.9978070150076865],
    [0.001, -3.090232306167813],
    [0.0749, -1.4402382675279632],
    [0.3, -0.5244005127080409],
    [0.5, 0],
    [0.925, 1.4395314709384563],
    [0.975, 1.9599639845400538],
  ];
  for (const [p, wanted] of known) {
    assert.ok(Math.abs(normalQuantile(p) - wanted) < 1e-12, `at ${p}`);
  }
});

Deno.test("RandomStream.of() continues at any position", () => {
  const whole = RandomStream.of(7, "noise");
  const words = Array.from({ length: 50 }, () => whole.uniform());
  for (const position of [0, 1, 3, 4, 17, 49]) {
    const rest = RandomStream.of(7, "noise", position);
    assert.equal(rest.uniform(), words[position]);
    assert.equal(rest.position, position + 1);
  }
});

Deno.test("RandomStream reaches positions beyond 2^34", () => {
  const far = RandomStream.of(1, "far", 2 ** 40 + 3);
  const near = RandomStream.of(1, "far", 3);
  assert.notEqual(far.uniform(), near.uniform());
  assert.equal(far.position, 2 ** 40 + 4);
});

Deno.test("fillNormal() and normal() draw the same numbers in any split", () => {
  const one = RandomStream.of(11, "a");
  const wanted = Float32Array.from({ length: 103 }, () => one.normal());
  for (const cut of [0, 1, 2, 3, 50, 103]) {
    const stream = RandomStream.of(11, "a");
    const values = new Float32Array(103);
    stream.fillNormal(values.subarray(0, cut));
    stream.fillNormal(values.subarray(cut));
    assert.deepEqual(values, wanted);
    assert.equal(stream.position, 103);
  }
});

Deno.test("RandomStream tells seeds and names apart", () => {
  const firsts = new Set<number>();
  const streams: [number, string][] = [
    [0, ""],
    [1, ""],
    [-1, ""],
    [2 ** 32, ""],
    [2 ** 32 + 1, ""],
    [0, "a"],
    [0, "a\0"],
    [0, "b"],
    [0, "vae_noise/1"],
    [0, "vae_noise/2"],
    [0, "vae_noise/10"],
    [0, "a very long name of a parameter.0.weight"],
    [0, "a very long name of a parameter.1.weight"],
  ];
  for (const [seed, name] of streams) {
    firsts.add(RandomStream.of(seed, name).uniform());
  }
  assert.equal(firsts.size, streams.length);
});

Deno.test("a stream is the same on every machine and in every version", () => {
  const values = new Float32Array(4);
  RandomStream.of(42, "vae_noise/3").fillNormal(values);
  assert.deepEqual([...values], GOLDEN_NORMALS);
});

const GOLDEN_NORMALS: readonly number[] = [
  -0.11338755488395691,
  -1.020537257194519,
  -1.8120681047439575,
  0.6507993340492249,
];

Deno.test("fillUniform() stays below 1 and above or at 0", () => {
  const values = new Float32Array(200_000);
  RandomStream.of(3, "uniform").fillUniform(values);
  let sum = 0, least = 1, most = 0;
  for (const value of values) {
    sum += value;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  assert.ok(least >= 0 && most < 1);
  assert.ok(Math.abs(sum / values.length - 0.5) < 0.003);
});

Deno.test("fillNormal() has the moments of a standard normal", () => {
  const values = new Float32Array(400_000);
  RandomStream.of(5, "normal").fillNormal(values);
  const moment = (power: number) =>
    values.reduce((sum, value) => sum + value ** power, 0) / values.length;
  assert.ok(Math.abs(moment(1)) < 0.006);
  assert.ok(Math.abs(moment(2) - 1) < 0.01);
  assert.ok(Math.abs(moment(3)) < 0.02);
  assert.ok(Math.abs(moment(4) - 3) < 0.06);
});

Deno.test("integer() is even over its bound and refuses a wrong one", () => {
  const stream = RandomStream.of(9, "integers");
  const counts = new Array<number>(7).fill(0);
  for (let draw = 0; draw < 70_000; draw++) counts[stream.integer(7)]!++;
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 450);
  for (let draw = 0; draw < 100; draw++) {
    assert.ok(stream.integer(3_000_000_000) < 3_000_000_000);
  }
  assert.equal(stream.integer(1), 0);
  for (const bound of [0, -1, 1.5, 2 ** 32, NaN]) {
    assert.throws(() => stream.integer(bound), RangeError);
  }
});

Deno.test("RandomStream.of() refuses a seed or a position that is no whole number", () => {
  assert.throws(() => RandomStream.of(0.5, "a"), RangeError);
  assert.throws(() => RandomStream.of(1, "a", -1), RangeError);
  assert.throws(() => RandomStream.of(1, "a", 0.5), RangeError);
});
