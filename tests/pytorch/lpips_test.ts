// LPIPS against PyTorch, with weights by formula: reference_lpips.py writes what is compared.
import assert from "node:assert/strict";
import { startEngine } from "../../lib/engines/engine.ts";
import { PerceptualDistance } from "../../lib/models/perceptual_distance.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { lpipsWeights } from "../support/lpips_weights.ts";
import { testWith } from "../support/outside_program.ts";
import fixture from "../fixtures/pytorch_lpips.json" with { type: "json" };
import {
  assertLike,
  channelsFirst,
  channelsLast,
  sequence,
} from "./formulas.ts";
import { assertSameReference, pythonJson, TORCH } from "./python.ts";

await startEngine("wasm");

Deno.test("PerceptualDistance has PyTorch's LPIPS and its gradient by the picture, and leaks nothing", () => {
  const weights = lpipsWeights();
  const before = tf.memory().numTensors;
  {
    using distance = new PerceptualDistance(weights);
    tf.tidy(() => {
      const shape = [2, 3, 19, 16];
      const images = channelsLast(sequence(shape, [0.31, 0.5, 0.9]));
      const target = channelsLast(sequence(shape, [0.23, 0.9, 0.8]));
      const features = distance.featuresOf(target);
      const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
        distance.to(x as tf.Tensor4D, features)
      )(images);
      const found = value.dataSync()[0]!;
      assert.ok(Math.abs(found - fixture.value) < 1e-4 * fixture.value);
      assertLike(channelsFirst(grad).dataSync(), fixture.gradient, {
        what: "gradient",
        tolerance: 1e-3,
      });
      const same = distance.to(target, features).dataSync()[0]!;
      assert.ok(Math.abs(same) < 1e-6);
    });
  }
  assert.equal(tf.memory().numTensors, before);
});

testWith(TORCH, "reference_lpips.py still finds what is stored", async () => {
  assertSameReference(await pythonJson("reference_lpips.py"), fixture);
});
