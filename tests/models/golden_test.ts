// `variant: fluxflow` against numbers computed with the original in PyTorch (tests/fixtures/fluxflow_golden.json).
import assert from "node:assert/strict";
import { startEngine } from "../../lib/engines/engine.ts";
import {
  buildModel,
  decode,
  type FluxModel,
} from "../../lib/models/flux_model.ts";
import {
  encode,
  latentTokens,
  predictVelocity,
} from "../../lib/models/flux_model.ts";
import type { Component } from "../../lib/blueprint/parameter_spec.ts";
import { bezierActivation, interleavedBezier } from "../../lib/nn/bezier.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { tinyModel } from "../support/tiny_model.ts";

await startEngine("wasm");

interface Golden {
  readonly shape: readonly number[];
  readonly sum: number;
  readonly abs_sum: number;
  readonly first16: readonly number[];
}

const golden = JSON.parse(
  await Deno.readTextFile(
    new URL("../fixtures/fluxflow_golden.json", import.meta.url),
  ),
).modules as Record<string, Golden | number[]>;

/** The golden file's inputs: sin(0.31 j + 0.5), row-major. */
function sequence(shape: number[], scale = 1): tf.Tensor {
  const size = shape.reduce((product, side) => product * side, 1);
  return tf.tensor(
    Float32Array.from(
      { length: size },
      (_, j) => scale * Math.sin(0.31 * j + 0.5),
    ),
    shape,
  );
}

/** The golden file's weights: 0.2 sin(0.7 j + 0.3 (k + 1)) for the k-th name of the component in alphabetical order. */
function fill(model: FluxModel, component: Component): void {
  const specs = model.parameters.names(component)
    .map((name) => model.parameters.specs.get(name)!)
    .filter((spec) => spec.trainable)
    .sort((a, b) => a.name < b.name ? -1 : 1);
  const stored = new Map(specs.map((spec, k) => {
    const size = spec.shape.reduce((product, side) => product * side, 1);
    const data = Float32Array.from(
      { length: size },
      (_, j) => 0.2 * Math.sin(0.7 * j + 0.3 * (k + 1)),
    );
    return [spec.name, { shape: spec.shape, data }] as const;
  }));
  for (const [name, tensor] of model.parameters.fromStored(stored)) {
    model.parameters.get(name).assign(tensor);
    tensor.dispose();
  }
}

/** [N, H, W, C] of channels-first numbers. */
function channelsLast(x: tf.Tensor): tf.Tensor4D {
  return tf.transpose(x, [0, 2, 3, 1]) as tf.Tensor4D;
}

function assertGolden(found: tf.Tensor, name: string): void {
  const expected = golden[name] as Golden;
  assert.deepEqual(found.shape, expected.shape);
  const values = [...found.dataSync()];
  const scale = expected.abs_sum / values.length;
  const sum = values.reduce((total, value) => total + value, 0);
  const absolute = values.reduce((total, value) => total + Math.abs(value), 0);
  assert.ok(
    Math.abs(absolute - expected.abs_sum) <= 1e-4 * expected.abs_sum,
    `abs sum ${absolute}`,
  );
  assert.ok(
    Math.abs(sum - expected.sum) <= 1e-4 * expected.abs_sum,
    `sum ${sum}`,
  );
  for (const [at, value] of expected.first16.entries()) {
    const difference = Math.abs(values[at]! - value);
    assert.ok(
      difference <= 1e-4 * Math.max(scale, Math.abs(value)),
      `element ${at}: ${values[at]} for ${value}`,
    );
  }
}

Deno.test("bezierActivation() equals the golden values for (sigmoid, silu) and (sigmoid, none)", () => {
  tf.tidy(() => {
    const wide = channelsLast(sequence([1, 10, 2, 2]));
    const planar = tf.transpose(tf.reshape(wide, [1, 2, 2, 2, 5]), [
      0,
      1,
      2,
      4,
      3,
    ]);
    const y = bezierActivation(tf.reshape(planar, [1, 2, 2, 10]), "silu");
    const first = [...tf.transpose(y, [0, 3, 1, 2]).dataSync()];
    const expected =
      golden["BezierActivation(sigmoid,silu) seq(1,10,2,2)"] as number[];
    for (const [at, value] of expected.entries()) {
      assert.ok(Math.abs(first[at]! - value) < 1e-5);
    }
    const flat = [...interleavedBezier(sequence([2, 10])).dataSync()];
    const expectedFlat =
      golden["BezierActivation(sigmoid,none) seq(2,10)"] as number[];
    for (const [at, value] of expectedFlat.entries()) {
      assert.ok(Math.abs(flat[at]! - value) < 1e-5);
    }
  });
});

Deno.test("FluxCompressor of variant fluxflow equals the golden packet", () => {
  using model = buildModel(
    tinyModel({
      variant: "fluxflow",
      vaeDim: 16,
      vaeHeads: 8,
      vaeAttnLayers: 2,
      compressorKernel: 8,
    }),
    { components: ["compressor"], seed: 0 },
  );
  assert.equal(model.parameters.names().length, 50);
  fill(model, "compressor");
  tf.tidy(() => {
    const posterior = encode(model, channelsLast(sequence([1, 3, 8, 8], 0.5)));
    const tokens = latentTokens(model, posterior.mean, posterior);
    const size = tf.tensor3d([
      2 / 1024,
      2 / 1024,
      ...new Array<number>(14).fill(0),
    ], [1, 1, 16]);
    assertGolden(
      tf.concat([tokens, size], 1),
      "FluxCompressor(d 16, downscales 2, heads 8, layers 2, eps=0) seq(1,3,8,8)*.5",
    );
  });
});

for (const spade of [true, false]) {
  Deno.test(`FluxExpander equals the golden picture with SPADE ${spade ? "on" : "off"}`, () => {
    using model = buildModel(
      tinyModel({
        variant: "fluxflow",
        vaeDim: 16,
        downscales: 1,
        expanderUpKernel: 16,
        expanderKernel: 5,
        expanderDilation: 2,
        rgbDim: 96,
        spadeDim: 128,
      }),
      { components: ["expander"], seed: 0 },
    );
    fill(model, "expander");
    tf.tidy(() => {
      const tokens = tf.slice(sequence([1, 5, 16]), [0, 0, 0], [
        1,
        4,
        16,
      ]) as tf.Tensor3D;
      const picture = decode(model, tokens, { height: 2, width: 2 }, { spade });
      assertGolden(
        tf.transpose(picture, [0, 3, 1, 2]),
        spade
          ? "FluxExpander(d 16, upscales 1) packet 2x2 seq"
          : "FluxExpander same, use_context False",
      );
    });
  });
}

for (const time of [0.25, 250]) {
  Deno.test(`FluxFlowProcessor of variant fluxflow equals the golden packet at time ${time}`, () => {
    using model = buildModel(
      tinyModel({
        variant: "fluxflow",
        vaeDim: 8,
        featureMapsDim: 16,
        flowHeads: 2,
        flowLayers: 2,
        textEmbeddingDim: 12,
      }),
      { components: ["flow_processor"], seed: 0 },
    );
    fill(model, "flow_processor");
    tf.tidy(() => {
      const packet = sequence([1, 7, 8]);
      const tokens = tf.slice(packet, [0, 0, 0], [1, 6, 8]) as tf.Tensor3D;
      const velocity = predictVelocity(model, tokens, {
        height: 2,
        width: 3,
        text: sequence([1, 12]) as tf.Tensor2D,
        time: tf.tensor1d([time]),
      });
      const size = [2 / 1024, 3 / 1024, ...new Array<number>(6).fill(0)];
      assertGolden(
        tf.concat([velocity, tf.tensor3d(size, [1, 1, 8])], 1),
        time === 0.25
          ? "FluxFlowProcessor(d 16, vae 8, emb 12, heads 2, layers 2) packet 2x3, text=seq(1,12), t=0.25"
          : "FluxFlowProcessor same, integer t=250",
      );
    });
  });
}
