// What the flow of `variant: fluxflow` is trained on: sampled latents, weighted times, zeros for a dropped caption.
import assert from "node:assert/strict";
import type { Batch } from "../../lib/data/batch_stream.ts";
import { buildWordTokenizer, loadTokenizer } from "../../lib/data/tokenizer.ts";
import { startEngine } from "../../lib/engines/engine.ts";
import type { Variant } from "../../lib/blueprint/model_options.ts";
import { buildModel, type FluxModel } from "../../lib/models/flux_model.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { flowTrainer } from "../../lib/train/flow_trainer.ts";
import { meanTokens, sampledTokens } from "../../lib/train/latent_source.ts";
import { tinyModel } from "../support/tiny_model.ts";

await startEngine("wasm");

const SIDE = 8;

function model(variant: Variant): FluxModel {
  return buildModel(tinyModel({ variant }), {
    components: ["compressor", "flow_processor", "text_encoder"],
    seed: 1,
  });
}

function images(): tf.Tensor4D {
  const count = 2 * SIDE * SIDE * 3;
  const values = Float32Array.from({ length: count }, (_, j) => Math.sin(j));
  return tf.tensor4d(values, [2, SIDE, SIDE, 3]);
}

/** Loss of one batch with every caption dropped. */
async function droppedLoss(
  of: FluxModel,
  captions: string[],
): Promise<number> {
  const trainer = flowTrainer({
    model: of,
    groups: [],
    seed: 2,
    clippingNorm: 1,
    cfgDropout: 1,
    timeSampling: null,
    lossType: "mse",
    latents: () => Promise.resolve(tf.tidy(() => meanTokens(of, images()))),
    text: {
      kind: "encoded",
      options: {
        tokenizer: loadTokenizer(buildWordTokenizer(["red blue"], 32)),
        maxTokens: 4,
        prefix: null,
      },
    },
  });
  const batch: Batch = {
    images: new Float32Array(),
    indices: [0, 1],
    views: [0, 1],
    corrupt: [],
    ...{ size: 2, height: SIDE, width: SIDE, captions },
  };
  using prepared = await trainer.prepare(
    batch,
    { trainStep: 0, update: 0 },
    {},
  );
  return tf.tidy(() => prepared.loss().total.dataSync()[0]!);
}

Deno.test("sampledTokens() without noise are the tokens of the mean; with noise they move", () => {
  using of = model("fluxflow");
  tf.tidy(() => {
    const pictures = images();
    const mean = meanTokens(of, pictures);
    const shape: [number, number, number, number] = [2, 2, 2, 8];
    const still = sampledTokens(of, pictures, tf.zeros(shape));
    const moved = sampledTokens(of, pictures, tf.ones(shape));
    const gap = (a: tf.Tensor) =>
      tf.max(tf.abs(tf.sub(a, mean))).dataSync()[0]!;
    assert.ok(gap(still) < 1e-6);
    assert.ok(gap(moved) > 0.1);
  });
});

Deno.test("a dropped caption is a vector of zeros under fluxflow, whatever the empty caption's is", async () => {
  for (const variant of ["fluxflow", "fluxline"] as const) {
    using of = model(variant);
    const loss = await droppedLoss(of, ["red", "blue"]);
    assert.equal(await droppedLoss(of, ["blue", "red"]), loss);
    // The empty caption's vector moves with the encoder's last bias, zeros do not.
    tf.tidy(() => {
      const bias = of.parameters.get("text_encoder.ouput_layer.4.bias");
      bias.assign(tf.add(bias, 1));
    });
    const after = await droppedLoss(of, ["red", "blue"]);
    assert.equal(after === loss, variant === "fluxflow", variant);
  }
});

Deno.test("preparing and dropping a batch of variant fluxflow leaks no tensor", async () => {
  using of = model("fluxflow");
  await droppedLoss(of, ["red", "blue"]);
  const before = tf.memory().numTensors;
  await droppedLoss(of, ["red", "blue"]);
  assert.equal(tf.memory().numTensors, before);
});
