// KB, ST, KI, LO and EM: what FluxFlow's suite asks of warm-up, times, losses and averages, asked of ours.
import assert from "node:assert/strict";
import { startEngine } from "../../lib/engines/engine.ts";
import {
  discriminatorHinge,
  generatorHinge,
  gradientPenalty,
  verdicts,
} from "../../lib/losses/adversarial.ts";
import { klDivergence, klWeight } from "../../lib/losses/kl_divergence.ts";
import { timeSampler } from "../../lib/losses/time_weights.ts";
import {
  disposeAverage,
  startAverage,
  updateAverage,
} from "../../lib/optim/parameter_average.ts";
import { RandomStream } from "../../lib/random/random_stream.ts";
import { tf } from "../../lib/tensor/tf.ts";

await startEngine("wasm");

/** The number of a scalar that `make` computes; nothing of it stays. */
function valueOf(make: () => tf.Scalar): number {
  return tf.tidy(() => make().dataSync()[0]!);
}

/** Verdicts of one patch per picture. */
function patches(...values: number[]): tf.Tensor4D {
  return tf.tensor4d(values, [values.length, 1, 1, 1]);
}

Deno.test("KB1-9: the weight is 0 at the start, half in the middle, whole at the end, rises, and is clamped on both sides", () => {
  const at = (step: number) => klWeight(step, 100, 0.5);
  assert.deepEqual([at(0), at(-7)], [0, 0]);
  assert.ok(Math.abs(at(50) - 0.25) < 1e-12);
  assert.deepEqual([at(100), at(1000)], [0.5, 0.5]);
  for (let step = 0; step < 100; step++) {
    assert.ok(at(step + 1) > at(step), `${step}`);
  }
  assert.equal(klWeight(3, 0, 0.5), 0.5);
});

Deno.test("ST1-10: times are whole, in range, mostly early, nearly all of them reached, and of the seed", () => {
  const draw = timeSampler("cosine", 1000);
  const drawn = (seed: number) => {
    const stream = RandomStream.of(seed, "times");
    return Array.from({ length: 8000 }, () => draw(stream));
  };
  const times = drawn(1);
  assert.ok(times.every((time) => Number.isInteger(time)));
  assert.ok(times.every((time) => time >= 0 && time < 1000));
  const early = times.filter((time) => time < 300).length;
  const late = times.filter((time) => time >= 700).length;
  assert.ok(early > 2 * late, `${early} early, ${late} late`);
  assert.ok(Math.max(...times) - Math.min(...times) > 800);
  assert.deepEqual(drawn(1), times);
  assert.notDeepEqual(drawn(2), times);
});

Deno.test("KI1-2: divergence and its weight together are nothing at the start and grow with the warm-up", () => {
  tf.tidy(() => {
    const mean = tf.fill([2, 4], 0.5);
    const kl = klDivergence(mean, tf.zeros([2, 4])).dataSync()[0]!;
    const weighted = [0, 10, 20].map((step) => klWeight(step, 20, 1e-3) * kl);
    assert.equal(weighted[0], 0);
    assert.ok(weighted[1]! > 0 && weighted[2]! > weighted[1]!);
  });
});

Deno.test("LO1-4: a picture's verdict is the mean over its patches, whatever their number", () => {
  tf.tidy(() => {
    const four = tf.tensor4d([1, 2, 3, 6, 0, 0, 0, 4], [2, 2, 2, 1]);
    assert.deepEqual([...verdicts(four).dataSync()], [3, 1]);
    assert.deepEqual([...verdicts(patches(5)).dataSync()], [5]);
  });
});

Deno.test("LO5-9: the hinge of a discriminator that is sure is 0, that of a wrong one is not, and none is below 0", () => {
  const hinge = (real: number, fake: number) =>
    valueOf(() => discriminatorHinge(patches(real), patches(fake)));
  assert.equal(hinge(1, -1), 0);
  assert.equal(hinge(7, -9), 0);
  assert.equal(hinge(0, 0), 2);
  assert.equal(hinge(-1, 1), 4);
});

Deno.test("LO10-13: the generator's loss is minus the mean verdict", () => {
  assert.equal(valueOf(() => generatorHinge(patches(1, 3))), -2);
  assert.equal(valueOf(() => generatorHinge(patches(-4))), 4);
});

Deno.test("LO14-18: the penalty is the mean squared norm of the gradient, never below 0, for patches too", () => {
  tf.tidy(() => {
    const still = tf.zeros([2, 4, 4, 3]) as tf.Tensor4D;
    assert.equal(gradientPenalty(still).dataSync()[0], 0);
    const images = tf.ones([2, 4, 4, 3]) as tf.Tensor4D;
    const judge = (x: tf.Tensor) =>
      tf.avgPool(tf.square(x) as tf.Tensor4D, 2, 2, "valid");
    const gradient = tf.grad((x) => tf.sum(verdicts(judge(x) as tf.Tensor4D)))(
      images,
    ) as tf.Tensor4D;
    // Each of 48 values moves the mean over 2 x 2 x 3 verdicts of four by 2 / 48.
    const wanted = 48 * (2 / 48) ** 2;
    const found = gradientPenalty(gradient).dataSync()[0]!;
    assert.ok(Math.abs(found - wanted) < 1e-6, `${found}`);
  });
});

Deno.test("LO19-26: the divergence is 0 of a standard normal alone, its sum is the mean times the size, and free bits are a floor", () => {
  const zeros = () => tf.zeros([3, 2, 2, 4]);
  const ones = () => tf.ones([3, 2, 2, 4]);
  assert.equal(valueOf(() => klDivergence(zeros(), zeros())), 0);
  const mean = valueOf(() => klDivergence(ones(), zeros()));
  assert.equal(mean, 0.5);
  assert.ok(valueOf(() => klDivergence(zeros(), ones())) > 0);
  const sum = valueOf(() =>
    klDivergence(ones(), zeros(), { reduction: "sum" })
  );
  assert.equal(sum, mean * 2 * 2 * 4);
  const floored = valueOf(() =>
    klDivergence(zeros(), zeros(), { freeBits: 0.25 })
  );
  assert.equal(floored, 0.25);
  const above = valueOf(() =>
    klDivergence(ones(), zeros(), { freeBits: 0.25 })
  );
  assert.equal(above, 0.5);
});

Deno.test("LO33-38: every loss has a gradient where it is to be trained on", () => {
  const hasGradient = (loss: (x: tf.Tensor) => tf.Tensor, shape: number[]) =>
    tf.tidy(() => {
      const slope = tf.grad(loss)(tf.fill(shape, 0.25));
      return tf.max(tf.abs(slope)).dataSync()[0]! > 0;
    });
  const zeros = () => tf.zeros([2, 4]);
  assert.ok(hasGradient((x) => klDivergence(x, zeros()), [2, 4]));
  assert.ok(hasGradient((x) => klDivergence(zeros(), x), [2, 4]));
  const sides = [2, 1, 1, 1];
  const fake = (x: tf.Tensor) =>
    discriminatorHinge(patches(0), x as tf.Tensor4D);
  const real = (x: tf.Tensor) =>
    discriminatorHinge(x as tf.Tensor4D, patches(0));
  assert.ok(hasGradient(fake, sides) && hasGradient(real, sides));
  assert.ok(hasGradient((x) => generatorHinge(x as tf.Tensor4D), sides));
});

/** Averages of one weight that starts at 1, after each of `values`. */
function averagesOf(decay: number, values: readonly number[]): number[] {
  let average = startAverage(new Map([["w", tf.tensor1d([1])]]), decay);
  const found = values.map((value) => {
    const weight = tf.tensor1d([value]);
    average = updateAverage(average, new Map([["w", weight]]));
    return average.tensors.get("w")!.dataSync()[0]!;
  });
  disposeAverage(average);
  return found;
}

Deno.test("TU11-20: an average of 1 that meets 2 is 1.1 at a decay of 0.9, and 1.5 and 1.75 at 0.5", () => {
  assert.ok(Math.abs(averagesOf(0.9, [2])[0]! - 1.1) < 1e-6);
  assert.deepEqual(averagesOf(0.5, [2, 2]), [1.5, 1.75]);
});

Deno.test("EM1-9: an average moves, lies between the old value and the new, and moves less the nearer its decay is to 1", () => {
  const [slow, fast] = [0.99, 0.5].map((decay) => averagesOf(decay, [3, 3, 3]));
  for (const values of [slow!, fast!]) {
    assert.deepEqual(values, values.toSorted((a, b) => a - b));
    assert.ok(values[0]! > 1 && values[2]! < 3);
  }
  assert.ok(fast!.every((value, at) => value > slow![at]!));
  const jumps = averagesOf(0.9, [5, -3, 5, -3]);
  assert.ok(Math.max(...jumps) - Math.min(...jumps) < 8);
});

Deno.test("EM12-17: two weights are averaged apart, and one that stands still keeps its value", () => {
  const start = new Map([["a", tf.tensor1d([1])], ["b", tf.tensor1d([4])]]);
  let average = startAverage(start, 0.5);
  const next = new Map([["a", tf.tensor1d([3])], ["b", tf.tensor1d([4])]]);
  average = updateAverage(average, next);
  const found = [...average.tensors].map(([name, held]) => [
    name,
    held.dataSync()[0],
  ]);
  assert.deepEqual(found, [["a", 2], ["b", 4]]);
  disposeAverage(average);
});
