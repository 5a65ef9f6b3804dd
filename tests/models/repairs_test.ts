// What `variant: fluxline` repairs, and that `variant: fluxflow` still has the defect: each test fails on the other variant.
import assert from "node:assert/strict";
import { startEngine } from "../../lib/engines/engine.ts";
import {
  buildModel,
  decode,
  encode,
  encodeText,
  type FluxModel,
  latentTokens,
  predictVelocity,
} from "../../lib/models/flux_model.ts";
import {
  latentNumbers,
  type Variant,
} from "../../lib/blueprint/model_options.ts";
import { rotary } from "../../lib/nn/rotary_embedding.ts";
import { RandomStream } from "../../lib/random/random_stream.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { tinyModel } from "../support/tiny_model.ts";

await startEngine("wasm");

function noise(shape: number[], name: string): tf.Tensor {
  const values = new Float32Array(
    shape.reduce((product, side) => product * side, 1),
  );
  RandomStream.of(7, name).fillNormal(values);
  return tf.tensor(values, shape);
}

function largestDifference(a: tf.Tensor, b: tf.Tensor): number {
  return tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
}

function vae(variant: Variant): FluxModel {
  return buildModel(tinyModel({ variant }), {
    components: ["compressor", "expander"],
    seed: 3,
  });
}

/** Pictures decoded from one noise latent that stands in for the latents of two different images. */
function decodedFromNoise(model: FluxModel): [tf.Tensor, tf.Tensor] {
  const latent = noise([1, 4, 4, 8], "latent") as tf.Tensor4D;
  const decoded = ["first", "second"].map((name) => {
    const posterior = encode(model, noise([1, 16, 16, 3], name) as tf.Tensor4D);
    const tokens = latentTokens(model, latent, posterior);
    return decode(model, tokens, { height: 4, width: 4 }, { spade: true });
  });
  return decoded as [tf.Tensor, tf.Tensor];
}

Deno.test("with the latent replaced by noise the decoder knows nothing of the image", () => {
  tf.tidy(() => {
    using repaired = vae("fluxline");
    const [first, second] = decodedFromNoise(repaired);
    assert.deepEqual(first.dataSync(), second.dataSync());
    using original = vae("fluxflow");
    const [leakedFirst, leakedSecond] = decodedFromNoise(original);
    assert.ok(
      largestDifference(leakedFirst, leakedSecond) > 0,
      "the original leaks past its bottleneck",
    );
  });
});

Deno.test("the image's signal survives the encoder at the start", () => {
  const spread = (variant: Variant) => {
    using model = buildModel(
      tinyModel({ variant, vaeDim: 16, downscales: 3 }),
      {
        components: ["compressor"],
        seed: 3,
      },
    );
    return tf.tidy(() => {
      const { mean } = encode(
        model,
        noise([8, 32, 32, 3], "images") as tf.Tensor4D,
      );
      return tf.mean(tf.moments(mean, 0).variance.sqrt()).dataSync()[0]!;
    });
  };
  assert.ok(
    spread("fluxline") > 0.05,
    `fluxline's latents differ by ${spread("fluxline")}`,
  );
  assert.ok(
    spread("fluxflow") < 1e-3,
    `fluxflow's latents differ by ${spread("fluxflow")}`,
  );
});

Deno.test("the first convolution gets a gradient that Adam's eps does not swallow", () => {
  using model = vae("fluxline");
  const weight = model.parameters.get(
    "compressor.encoder_first_step.0.0.weight",
  );
  tf.tidy(() => {
    const images = noise([4, 16, 16, 3], "images") as tf.Tensor4D;
    const { grads } = tf.variableGrads(() => {
      const posterior = encode(model, images);
      const tokens = latentTokens(model, posterior.mean);
      const decoded = decode(model, tokens, { height: 4, width: 4 }, {
        spade: false,
      });
      return tf.mean(tf.abs(tf.sub(decoded, images))) as tf.Scalar;
    }, [weight]);
    const norm = tf.norm(grads[weight.name]!).dataSync()[0]!;
    assert.ok(norm > 1e-4, `gradient norm ${norm}`);
  });
});

/** Largest change of the velocity between two times, both far from 0. */
function timeSensitivity(variant: Variant): number {
  using model = buildModel(tinyModel({ variant }), {
    components: ["flow_processor"],
    seed: 3,
  });
  return tf.tidy(() => {
    const [early, late] = [250, 900].map((time) =>
      predictVelocity(model, noise([1, 4, 8], "tokens") as tf.Tensor3D, {
        height: 2,
        width: 2,
        text: noise([1, 8], "text") as tf.Tensor2D,
        time: tf.tensor1d([time]),
      })
    );
    return largestDifference(early!, late!);
  });
}

Deno.test("time matters to the flow's prediction", () => {
  assert.ok(timeSensitivity("fluxline") > 1e-3);
  assert.equal(timeSensitivity("fluxflow"), 0);
});

Deno.test("padding does not change the text vector", () => {
  const change = (variant: Variant) => {
    using model = buildModel(tinyModel({ variant }), {
      components: ["text_encoder"],
      seed: 3,
    });
    return tf.tidy(() => {
      const padded = (length: number) => {
        const row = (
          values: number[],
        ) => [...values, ...new Array<number>(length - 3).fill(0)];
        return encodeText(
          model,
          tf.tensor2d([row([5, 9, 2])], undefined, "int32"),
          tf.tensor2d([row([1, 1, 1])], undefined, "int32"),
        );
      };
      return largestDifference(padded(3), padded(12));
    });
  };
  assert.ok(
    change("fluxline") < 1e-5,
    `fluxline changes by ${change("fluxline")}`,
  );
  assert.ok(
    change("fluxflow") > 1e-3,
    `fluxflow changes by ${change("fluxflow")}`,
  );
});

Deno.test("rotary() keeps norms and its scores depend on offsets alone", () => {
  tf.tidy(() => {
    const width = 8;
    const one = tf.tile(noise([1, 1, 1, width], "head"), [
      1,
      1,
      6,
      1,
    ]) as tf.Tensor4D;
    const turned = rotary(6, width, "paired")(one);
    const norms = tf.norm(turned, 2, 3).dataSync();
    const scores = tf.matMul(turned, turned, false, true)
      .arraySync() as number[][][][];
    for (let position = 1; position < 5; position++) {
      assert.ok(Math.abs(norms[position]! - norms[0]!) < 1e-4);
      const first = scores[0]![0]![0]![1]!;
      assert.ok(
        Math.abs(scores[0]![0]![position]![position + 1]! - first) < 1e-4,
      );
    }
    const mixed = tf.norm(rotary(6, width, "mixed")(one), 2, 3).dataSync();
    assert.ok(
      Math.abs(mixed[5]! - mixed[0]!) > 1e-3,
      "the original's tables keep no norms",
    );
  });
});

Deno.test("latentNumbers() counts the size token too", () => {
  assert.equal(
    latentNumbers(tinyModel({ latentDim: 8 }), 32, 32),
    8 * (64 + 1),
  );
});

Deno.test("parameter counts at the original's default size are the original's", () => {
  const options = tinyModel({
    variant: "fluxflow",
    vaeDim: 32,
    downscales: 4,
    compressorKernel: 8,
    vaeAttnLayers: 4,
    vaeHeads: 8,
    expanderUpKernel: 16,
    expanderKernel: 5,
    expanderDilation: 2,
    rgbDim: 96,
    spadeDim: 128,
    featureMapsDim: 32,
    flowLayers: 10,
    flowHeads: 8,
    textEmbeddingDim: 1024,
  });
  using model = buildModel(options, {
    components: ["compressor", "expander", "flow_processor"],
    seed: 0,
  });
  assert.equal(model.parameters.count("compressor"), 846_449);
  assert.equal(model.parameters.count("expander"), 6_273_391);
  assert.equal(model.parameters.count("flow_processor"), 419_552);
});
