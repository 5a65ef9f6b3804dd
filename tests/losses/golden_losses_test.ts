import assert from "node:assert/strict";
import { diffusionSchedule } from "../../lib/losses/diffusion_schedule.ts";
import { countedHistogramLoss } from "../../lib/losses/histogram.ts";
import {
  colourStatisticsLoss,
  contrastLoss,
} from "../../lib/losses/image_statistics.ts";
import { klDivergence, klWeight } from "../../lib/losses/kl_divergence.ts";
import {
  frequencyWeightedError,
  meanSquaredError,
  reconstructionLoss,
} from "../../lib/losses/reconstruction.ts";
import { velocityBatch } from "../../lib/losses/velocity.ts";
import { tf } from "../../lib/tensor/tf.ts";
import golden from "../fixtures/fluxflow_golden.json" with { type: "json" };

await tf.setBackend("cpu");

/** The golden file's inputs: sin(a·j + b) over PyTorch's [N, C, H, W], turned into [N, H, W, C]. */
function sequence(
  shape: [number, number, number, number],
  [a, b, scale]: readonly [number, number, number],
): tf.Tensor4D {
  const [n, c, h, w] = shape;
  const values = Float32Array.from(
    { length: n * c * h * w },
    (_, j) => scale * Math.sin(a * j + b),
  );
  return tf.tidy(() => tf.transpose(tf.tensor4d(values, shape), [0, 2, 3, 1]));
}

function images(): readonly [tf.Tensor4D, tf.Tensor4D] {
  return [
    sequence([2, 3, 8, 8], [0.11, 0.2, 0.9]),
    sequence([2, 3, 8, 8], [0.13, 0.9, 0.7]),
  ];
}

/** Mean and log-variance behind the golden divergences. */
function latent(): readonly [tf.Tensor4D, tf.Tensor4D] {
  return [
    sequence([2, 3, 2, 2], [0.31, 0.5, 1]),
    sequence([2, 3, 2, 2], [0.17, 1, 1]),
  ];
}

/** Runs `make`, compares its scalar and checks that only the scalar was left behind. */
function expectScalar(
  make: () => tf.Scalar,
  wanted: number,
  tolerance = 1e-6,
): void {
  const before = tf.memory().numTensors;
  const scalar = make();
  assert.equal(tf.memory().numTensors, before + 1);
  const found = scalar.dataSync()[0] ?? NaN;
  scalar.dispose();
  assert.ok(
    Math.abs(found - wanted) <= tolerance * Math.abs(wanted),
    `${found}, wanted ${wanted}`,
  );
}

Deno.test("frequencyWeightedError() equals FluxFlow's", () => {
  const [predicted, target] = images();
  expectScalar(
    () => frequencyWeightedError(predicted, target),
    golden.losses["frequency_weighted(alpha=.5)"],
  );
});

Deno.test("meanSquaredError() equals FluxFlow's", () => {
  const [predicted, target] = images();
  expectScalar(() => meanSquaredError(predicted, target), golden.losses.mse);
});

Deno.test("reconstructionLoss() adds the weighted squared error", () => {
  const [predicted, target] = images();
  const frequency = golden.losses["frequency_weighted(alpha=.5)"];
  expectScalar(
    () => reconstructionLoss(predicted, target, { mse_weight: 0.1 }),
    frequency + 0.1 * golden.losses.mse,
  );
  expectScalar(
    () => reconstructionLoss(predicted, target, { mse_weight: 0 }),
    frequency,
  );
});

Deno.test("colourStatisticsLoss() equals FluxFlow's", () => {
  const [predicted, target] = images();
  expectScalar(
    () => colourStatisticsLoss(predicted, target),
    golden.losses.color_stats,
    1e-5,
  );
});

Deno.test("contrastLoss() equals FluxFlow's", () => {
  const [predicted, target] = images();
  expectScalar(
    () => contrastLoss(predicted, target),
    golden.losses.contrast,
    1e-5,
  );
});

Deno.test("countedHistogramLoss() equals FluxFlow's and pushes nothing", () => {
  const [predicted, target] = images();
  expectScalar(
    () => countedHistogramLoss(predicted, target),
    golden.losses["histogram_w1(64 bins)"],
  );
  const push = tf.tidy(() =>
    tf.grad((x: tf.Tensor) => countedHistogramLoss(x as tf.Tensor4D, target))(
      predicted,
    ).dataSync()
  );
  assert.ok(push.every((value) => value === 0));
});

Deno.test("klDivergence() equals FluxFlow's in both reductions and with free bits", () => {
  const [mean, logVar] = latent();
  const { kl_sum, kl_mean_dims } = golden.losses;
  expectScalar(() => klDivergence(mean, logVar, { reduction: "sum" }), kl_sum);
  expectScalar(() => klDivergence(mean, logVar), kl_mean_dims);
  expectScalar(
    () => klDivergence(mean, logVar, { freeBits: 0.5 }),
    golden.losses["kl_mean_dims_freebits_0.5"],
  );
});

Deno.test("klWeight() follows FluxFlow's cosine", () => {
  for (const [key, wanted] of Object.entries(golden.cosine_anneal_beta)) {
    const [trainStep = NaN, warmupSteps = NaN, beta = NaN] = key.split(",").map(
      Number,
    );
    const found = klWeight(trainStep, warmupSteps, beta);
    assert.ok(
      Math.abs(found - wanted) <= 1e-12,
      `${key}: ${found}, wanted ${wanted}`,
    );
  }
});

const SCHEDULES = [
  ["linear", golden["alphas_cumprod_linear(1e-4..0.02)"]],
  ["scaled_linear", golden["alphas_cumprod_scaled_linear(.00085...012)"]],
] as const;

for (const [kind, wanted] of SCHEDULES) {
  Deno.test(`diffusionSchedule() equals FluxFlow's "${kind}" table`, () => {
    const schedule = diffusionSchedule(kind);
    assert.equal(schedule.timeSteps, 1000);
    for (const [t, alpha] of Object.entries(wanted)) {
      const found = schedule.alphasCumprod[Number(t)] ?? NaN;
      assert.ok(
        Math.abs(found - alpha) <= 1e-9 * alpha,
        `t ${t}: ${found}, wanted ${alpha}`,
      );
    }
    schedule.signal.forEach((signal, t) => {
      assert.ok(
        Math.abs(signal ** 2 + (schedule.noise[t] ?? NaN) ** 2 - 1) < 1e-12,
      );
    });
  });
}

Deno.test("velocityBatch() equals FluxFlow's target at every stored time step", () => {
  const wanted = Object.entries(golden["v_target(t, x0=.3, eps=-1.1) linear"]);
  const times = wanted.map(([t]) => Number(t));
  const schedule = diffusionSchedule("linear");
  const clean = tf.fill([times.length, 2, 1], 0.3) as tf.Tensor3D;
  const noise = tf.fill([times.length, 2, 1], -1.1) as tf.Tensor3D;
  const before = tf.memory().numTensors;
  const { noisy, target } = velocityBatch(clean, noise, times, schedule);
  assert.equal(tf.memory().numTensors, before + 2);
  const targets = target.dataSync();
  const mixed = noisy.dataSync();
  wanted.forEach(([, want], i) => {
    assert.ok(Math.abs((targets[2 * i + 1] ?? NaN) - want) < 1e-6);
    const t = times[i] ?? NaN;
    const wantedMix = 0.3 * (schedule.signal[t] ?? NaN) -
      1.1 * (schedule.noise[t] ?? NaN);
    assert.ok(Math.abs((mixed[2 * i] ?? NaN) - wantedMix) < 1e-6);
  });
});

Deno.test("velocityBatch() refuses times that do not fit", () => {
  const clean = tf.zeros([2, 1, 1]) as tf.Tensor3D;
  const schedule = diffusionSchedule("linear");
  assert.throws(() => velocityBatch(clean, clean, [1], schedule), RangeError);
  assert.throws(
    () => velocityBatch(clean, clean, [1, 1000], schedule),
    RangeError,
  );
  assert.throws(
    () => velocityBatch(clean, clean, [1, 0.5], schedule),
    RangeError,
  );
});
