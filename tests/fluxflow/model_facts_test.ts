// VA, FL, GA, TU and CF: what FluxFlow's suite asks of its networks, asked of ours.
import assert from "node:assert/strict";
import { startEngine } from "../../lib/engines/engine.ts";
import {
  buildModel,
  decode,
  encode,
  encodeText,
  type FluxModel,
  judgePictures,
  latentTokens,
  predictVelocity,
} from "../../lib/models/flux_model.ts";
import type { Component } from "../../lib/catalog/component.ts";
import { RandomStream } from "../../lib/random/random_stream.ts";
import { guidedVelocity } from "../../lib/sampling/guidance.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { drawDropped } from "../../lib/train/flow_trainer.ts";
import { refusalsOf, stepOf } from "../config/refusals.ts";
import { tinyModel } from "../support/tiny_model.ts";

await startEngine("wasm");

function noise(shape: number[], name: string): tf.Tensor {
  const length = shape.reduce((product, side) => product * side, 1);
  const values = new Float32Array(length);
  RandomStream.of(7, name).fillNormal(values);
  return tf.tensor(values, shape);
}

function pictures(count: number, side: number): tf.Tensor4D {
  return noise([count, side, side, 3], "pictures") as tf.Tensor4D;
}

function built(components: readonly Component[], seed = 3): FluxModel {
  return buildModel(tinyModel(), { components, seed });
}

/** Reconstruction of pictures, sides in pixels. */
function rebuilt(model: FluxModel, images: tf.Tensor4D): tf.Tensor4D {
  const sides = images.shape[1] / 4;
  const tokens = latentTokens(model, encode(model, images).mean);
  return decode(model, tokens, { height: sides, width: sides }, {
    spade: true,
  });
}

function differs(a: tf.Tensor, b: tf.Tensor): boolean {
  return tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]! > 1e-6;
}

Deno.test("VA1-6: pictures of 32 and 64 pixels and batches of one to eight come back in their own shape", () => {
  using model = built(["compressor", "expander"]);
  tf.tidy(() => {
    for (const [count, side] of [[1, 32], [8, 32], [2, 64]] as const) {
      const images = pictures(count, side);
      assert.deepEqual(rebuilt(model, images).shape, images.shape);
    }
  });
});

Deno.test("VA7-9: equal seeds build equal networks, other seeds others", () => {
  const [one, same, other] = [3, 3, 4].map((seed) => {
    using model = built(["compressor", "expander"], seed);
    return tf.tidy(() => rebuilt(model, pictures(1, 16)).dataSync());
  });
  assert.deepEqual(one, same);
  assert.notDeepEqual(one, other);
});

Deno.test("VA10-12: a latent has a token for each place of its grid, in rows, with mean and spread of the same shape", () => {
  using model = built(["compressor"]);
  tf.tidy(() => {
    const { mean, logVar } = encode(model, pictures(2, 16));
    assert.deepEqual([mean.shape, logVar.shape], [[2, 4, 4, 8], [2, 4, 4, 8]]);
    const tokens = latentTokens(model, mean);
    assert.deepEqual(tokens.shape, [2, 16, 8]);
    // The place that moves is the one that was changed: row 1, column 2.
    const spike = tf.oneHot(tf.tensor1d([6], "int32"), 16).reshape([
      1,
      4,
      4,
      1,
    ]);
    const other = tf.add(mean, tf.mul(spike, 5)) as tf.Tensor4D;
    const moved = tf.max(
      tf.abs(tf.sub(latentTokens(model, other), tokens)),
      [0, 2],
    );
    const most = tf.argMax(moved).dataSync()[0];
    assert.equal(most, 6);
  });
});

Deno.test("VA16: between two latents lie pictures that are neither's", () => {
  using model = built(["compressor", "expander"]);
  tf.tidy(() => {
    const { mean } = encode(model, pictures(2, 16));
    const [first, second] = tf.split(mean, 2) as [tf.Tensor4D, tf.Tensor4D];
    const at = (share: number) => {
      const latent = tf.add(tf.mul(first, 1 - share), tf.mul(second, share));
      const tokens = latentTokens(model, latent as tf.Tensor4D);
      return decode(model, tokens, { height: 4, width: 4 }, { spade: true });
    };
    assert.ok(differs(at(0.5), at(0)) && differs(at(0.5), at(1)));
  });
});

Deno.test("FL3-10: the velocity has the latent's shape in every size, and follows text and time", () => {
  using model = built(["flow_processor"]);
  tf.tidy(() => {
    const velocity = (side: number, text: string, time: number) =>
      predictVelocity(model, noise([1, side * side, 8], "x") as tf.Tensor3D, {
        height: side,
        width: side,
        text: noise([1, 8], text) as tf.Tensor2D,
        time: tf.tensor1d([time]),
      });
    for (const side of [2, 4]) {
      assert.deepEqual(velocity(side, "text", 9).shape, [1, side * side, 8]);
    }
    const one = velocity(2, "text", 500);
    assert.ok(differs(one, velocity(2, "another text", 500)));
    assert.ok(differs(one, velocity(2, "text", 100)));
  });
});

Deno.test("GA5-12: a verdict has patches in every size, follows the context, and its norms are there", () => {
  using model = built(["discriminator"]);
  tf.tidy(() => {
    const context = noise([2, 8], "context") as tf.Tensor2D;
    for (const side of [16, 32]) {
      const { shape } = judgePictures(model, pictures(2, side), context);
      assert.deepEqual([shape[0], shape[1], shape[3]], [2, side / 4, 1]);
    }
    const images = pictures(2, 16);
    assert.ok(differs(
      judgePictures(model, images, context),
      judgePictures(model, images, tf.mul(context, 2) as tf.Tensor2D),
    ));
  });
  const vectors = model.parameters.names().filter((name) =>
    name.endsWith("weight_u")
  );
  assert.ok(vectors.length > 5, `${vectors.length} normed layers`);
});

Deno.test("TU31-41: a picture of 64 pixels has sixteen places at four halvings, and none is lost at the smallest size", () => {
  const sixteenth = tinyModel({ downscales: 4 });
  using model = buildModel(sixteenth, { components: ["compressor"], seed: 3 });
  tf.tidy(() => {
    for (const [side, places] of [[64, 16], [16, 1]] as const) {
      const { mean } = encode(model, pictures(1, side));
      assert.equal(latentTokens(model, mean).shape[1], places);
    }
  });
});

Deno.test("CF1-2: a probability of 0 drops no caption, one of 0.3 about three in ten", () => {
  const dropped = (cfgDropout: number) =>
    drawDropped({ seed: 1, cfgDropout }, "batch", 4000).filter(Boolean).length;
  assert.equal(dropped(0), 0);
  assert.equal(dropped(1), 4000);
  assert.ok(Math.abs(dropped(0.3) - 1200) < 100, `${dropped(0.3)}`);
});

Deno.test("CF3-5: a probability outside 0 to 1 is refused", async () => {
  for (const share of [-0.1, 1.5, 7]) {
    const [found] = await refusalsOf(stepOf(`cfg_dropout_prob: ${share}`));
    assert.match(found!, /"cfg_dropout_prob"/);
  }
  assert.deepEqual(await refusalsOf(stepOf("cfg_dropout_prob: 0.1")), []);
});

Deno.test("CF6-12: guidance of 0 is the negative's velocity, 1 the caption's, and 5 lies beyond it", () => {
  using model = built(["flow_processor"]);
  tf.tidy(() => {
    const grid = { height: 2, width: 2 };
    const text = noise([1, 8], "text") as tf.Tensor2D;
    const negative = tf.zeros([1, 8]) as tf.Tensor2D;
    const latent = noise([1, 4, 8], "latent") as tf.Tensor3D;
    const [none, whole, five] = [0, 1, 5].map((scale) =>
      guidedVelocity(model, { grid, text, negative, scale })(latent, 500)
    );
    const beyond = tf.add(none!, tf.mul(tf.sub(whole!, none!), 5));
    assert.ok(differs(none!, whole!));
    const far = tf.max(tf.abs(tf.sub(beyond, five!))).dataSync()[0]!;
    assert.ok(far < 1e-4, `${far}`);
  });
});

Deno.test("FL11-12: another caption has another vector", () => {
  using model = built(["text_encoder"]);
  tf.tidy(() => {
    const mask = tf.tensor2d([[1, 1, 1]], undefined, "int32");
    const [one, other] = [[2, 5, 3], [2, 6, 3]].map((ids) =>
      encodeText(model, tf.tensor2d([ids], undefined, "int32"), mask)
    );
    assert.ok(differs(one!, other!));
  });
});
