import assert from "node:assert/strict";
import {
  adaptiveWeights,
  signedAdaptiveWeights,
} from "../../lib/losses/adaptive_weights.ts";
import {
  discriminatorHinge,
  generatorHinge,
  gradientPenalty,
  verdicts,
} from "../../lib/losses/adversarial.ts";
import { tf } from "../../lib/tensor/tf.ts";
import golden from "../fixtures/fluxflow_golden.json" with { type: "json" };

await tf.setBackend("cpu");

function sequence(count: number, a = 0.31, b = 0.5): Float32Array {
  return Float32Array.from({ length: count }, (_, j) => Math.sin(a * j + b));
}

function near(found: number, wanted: number): void {
  assert.ok(
    Math.abs(found - wanted) <= 1e-6 * Math.max(1, Math.abs(wanted)),
    `${found}, wanted ${wanted}`,
  );
}

Deno.test("discriminatorHinge() and generatorHinge() equal FluxFlow's", () => {
  const real = tf.tensor4d(sequence(8), [2, 2, 2, 1]);
  const fake = tf.tensor4d(sequence(8, 0.9, 2), [2, 2, 2, 1]);
  const before = tf.memory().numTensors;
  const losses = [discriminatorHinge(real, fake), generatorHinge(fake)];
  assert.equal(tf.memory().numTensors, before + 2);
  near(
    losses[0]!.dataSync()[0]!,
    golden.losses["d_hinge(real=seq(2,1,2,2), fake=seq(a=.9,b=2))"],
  );
  near(losses[1]!.dataSync()[0]!, golden.losses["g_hinge(fake)"]);
});

Deno.test("gradientPenalty() of a linear discriminator equals FluxFlow's r1", () => {
  // Weight is the second name of the module in alphabetical order, after bias.
  const weight = tf.tensor4d(
    Float32Array.from({ length: 12 }, (_, j) => 0.2 * Math.sin(0.7 * j + 0.6)),
    [1, 2, 2, 3],
  );
  const images = tf.tensor4d(sequence(24), [2, 2, 2, 3]);
  const gradient = tf.grad((x) =>
    tf.sum(
      verdicts(
        tf.reshape(tf.sum(tf.mul(x, weight), [1, 2, 3]), [2, 1, 1, 1]),
      ),
    )
  )(images) as tf.Tensor4D;
  near(
    gradientPenalty(gradient).dataSync()[0]!,
    golden.losses["r1(linear D 12->1, x=seq(2,3,2,2))"],
  );
});

Deno.test("adaptiveWeights() equals FluxFlow's where nothing is negative", () => {
  for (const index of [0, 2]) {
    const { avg, w } = golden.losses.adaptive_weights[index]!;
    const found = adaptiveWeights(avg);
    for (const [name, weight] of Object.entries(w)) {
      near(found[name as keyof typeof found], weight);
    }
  }
});

Deno.test("signedAdaptiveWeights() equals FluxFlow's, the turned sign included", () => {
  for (const index of [0, 1]) {
    const { avg, w } = golden.losses.adaptive_weights[index]!;
    const names = Object.keys(w) as (keyof typeof w)[];
    tf.tidy(() => {
      const averages = names.map((name) => tf.scalar(avg[name]!));
      const found = signedAdaptiveWeights(averages);
      names.forEach((name, k) => near(found[k]!.dataSync()[0]!, w[name]));
    });
  }
  tf.tidy(() => {
    const [one] = signedAdaptiveWeights([tf.scalar(0)]);
    assert.equal(one!.dataSync()[0], 1);
  });
});

Deno.test("adaptiveWeights() of magnitudes keeps every sign and never divides by nothing", () => {
  // FluxFlow gives -3.75 to the generator here.
  const { avg } = golden.losses.adaptive_weights[1]!;
  const found = adaptiveWeights({ ...avg, gan: Math.abs(avg.gan!) });
  near(found.gan, (0.3 + 1.2 + 0.2) / 3 / 0.2);
  assert.deepEqual(adaptiveWeights({ recon: null, kl: 0 }), {
    recon: 1,
    kl: 1,
  });
});
