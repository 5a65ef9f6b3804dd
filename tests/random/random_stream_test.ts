// Streams: equal by name, continued by position, and distributed as they say.
import assert from "node:assert/strict";
import { RandomStream } from "../../lib/random/random_stream.ts";

/** Made by an independent Python program from SHA-256 and the published rounds. */
const GOLDEN_WORDS = [
  4054976376,
  4188872250,
  1848461157,
  3141092271,
  1845767364,
];

Deno.test("RandomStream.of() gives equal streams for equal names, others for other seeds and names", () => {
  const first = (seed: number, name: string) => {
    const stream = RandomStream.of(seed, name);
    return Array.from({ length: 8 }, () => stream.uniform());
  };
  assert.deepEqual(first(3, "noise"), first(3, "noise"));
  const all = [first(3, "noise"), first(4, "noise"), first(3, "noise/1")];
  assert.equal(new Set(all.flat()).size, 24);
});

Deno.test("RandomStream.of() makes the same numbers on every machine", () => {
  const stream = RandomStream.of(0, "golden");
  const words = Array.from({ length: 5 }, () => stream.integer(2 ** 32));
  assert.deepEqual(words, GOLDEN_WORDS);
});

Deno.test("RandomStream.of() with a position continues exactly there", () => {
  for (let skipped = 0; skipped < 9; skipped++) {
    const whole = RandomStream.of(1, "resume");
    for (let at = 0; at < skipped; at++) whole.uniform();
    assert.equal(whole.position, skipped);
    const rest = RandomStream.of(1, "resume", skipped);
    for (let at = 0; at < 9; at++) {
      assert.equal(rest.uniform(), whole.uniform());
    }
    assert.equal(rest.position, whole.position);
  }
});

Deno.test("RandomStream.of() crosses the first 2^32 blocks without repeating", () => {
  const far = RandomStream.of(1, "far", 4 * 2 ** 32);
  const near = RandomStream.of(1, "far");
  assert.notEqual(far.uniform(), near.uniform());
});

Deno.test("RandomStream uniform() stays in [0, 1) and is even, also as 32-bit floats", () => {
  const values = new Float32Array(40_000);
  RandomStream.of(7, "uniform").fillUniform(values);
  const counts = new Array<number>(10).fill(0);
  for (const value of values) {
    assert.ok(value >= 0 && value < 1);
    counts[Math.floor(value * 10)]!++;
  }
  for (const count of counts) assert.ok(Math.abs(count - 4000) < 250);
});

Deno.test("RandomStream fillNormal() has mean 0, variance 1 and normal tails", () => {
  const values = new Float32Array(40_001);
  const stream = RandomStream.of(7, "normal");
  stream.fillNormal(values);
  assert.equal(stream.position, 40_002);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + value * value, 0) /
    values.length;
  const outside = values.filter((value) => Math.abs(value) > 1.96).length;
  assert.ok(Math.abs(mean) < 0.02, String(mean));
  assert.ok(Math.abs(variance - 1) < 0.03, String(variance));
  assert.ok(Math.abs(outside / values.length - 0.05) < 0.005);
});

Deno.test("RandomStream normal() takes two words", () => {
  const stream = RandomStream.of(7, "normal");
  stream.normal();
  assert.equal(stream.position, 2);
});

Deno.test("RandomStream integer() hits every value and refuses bounds that it cannot draw below", () => {
  const stream = RandomStream.of(2, "integer");
  const counts = new Map<number, number>();
  for (let at = 0; at < 6000; at++) {
    const value = stream.integer(6);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  assert.deepEqual([...counts.keys()].sort(), [0, 1, 2, 3, 4, 5]);
  for (const count of counts.values()) assert.ok(Math.abs(count - 1000) < 150);
  for (const bound of [0, -1, 1.5, 2 ** 32 + 1, NaN]) {
    assert.throws(() => stream.integer(bound), RangeError);
  }
});
