// PatchDiscriminator against numbers computed with the original in PyTorch, and its derivative along a direction.
import assert from "node:assert/strict";
import { startEngine } from "../../lib/engines/engine.ts";
import {
  buildModel,
  type FluxModel,
  judgeAlong,
  judgePictures,
  sharpenDiscriminator,
} from "../../lib/models/flux_model.ts";
import {
  gradientPenalty,
  penaltyTerm,
  verdicts,
} from "../../lib/losses/adversarial.ts";
import { tf } from "../../lib/tensor/tf.ts";
import golden from "../fixtures/fluxflow_golden.json" with { type: "json" };
import { tinyModel } from "../support/tiny_model.ts";

await startEngine("wasm");

const NAME =
  "PatchDiscriminator(base 4, depth 2, ctx 8) seq(1,3,8,8), ctx=seq(1,8), spectral norm converged (50 power iterations from ones)";
const wanted = golden.modules[NAME];

function sequence(shape: number[]): tf.Tensor {
  const size = shape.reduce((product, side) => product * side, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, j) => Math.sin(0.31 * j + 0.5)),
    shape,
  );
}

function pictures(count: number): tf.Tensor4D {
  return tf.tidy(() =>
    tf.transpose(sequence([count, 3, 8, 8]), [0, 2, 3, 1]) as tf.Tensor4D
  );
}

/** Weights by the golden rule, u and v from ones through 50 power iterations. */
function goldenModel(): FluxModel {
  const model = buildModel(tinyModel(), {
    components: ["discriminator"],
    seed: 0,
  });
  const { parameters } = model;
  const names = parameters.trainableNames("discriminator").sort();
  assert.deepEqual(
    names,
    wanted.param_order.map((name) => `discriminator.${name}`),
  );
  const stored = new Map(
    parameters.names("discriminator").map((name) => {
      const { shape } = parameters.specs.get(name)!;
      const size = shape.reduce((product, side) => product * side, 1);
      const k = names.indexOf(name);
      const data = Float32Array.from(
        { length: size },
        (_, j) => k < 0 ? 1 : 0.2 * Math.sin(0.7 * j + 0.3 * (k + 1)),
      );
      return [name, { shape, data }] as const;
    }),
  );
  parameters.load(stored, ["discriminator"]);
  for (let round = 0; round < 50; round++) sharpenDiscriminator(model);
  return model;
}

Deno.test("judgePictures() equals the golden logits of PatchDiscriminator", () => {
  using model = goldenModel();
  const before = tf.memory().numTensors;
  const images = pictures(1);
  const context = sequence([1, 8]) as tf.Tensor2D;
  const logits = judgePictures(model, images, context);
  // One channel, so both layouts hold the same order.
  const found = [...logits.dataSync()];
  for (const [at, value] of wanted.values.entries()) {
    assert.ok(
      Math.abs(found[at]! - value) <= 1e-4 * Math.max(0.1, Math.abs(value)),
      `${at}: ${found[at]} for ${value}`,
    );
  }
  tf.dispose([images, context, logits]);
  assert.equal(tf.memory().numTensors, before);
});

Deno.test("buildModel() gives the discriminator the original's names, vectors and count", () => {
  using model = buildModel(
    tinyModel({ vaeDim: 128, discBase: 64, discDepth: 4 }),
    { components: ["discriminator"], seed: 3 },
  );
  const { parameters } = model;
  assert.equal(parameters.count("discriminator"), 45_105_473);
  assert.deepEqual(
    parameters.specs.get("discriminator.backbone.2.conv1.0.weight_v")!.shape,
    [64 * 9],
  );
  assert.equal(
    parameters.names().filter((name) => name.endsWith("weight_u")).length,
    2 + 16 + 1 + 2,
  );
});

Deno.test("judgeAlong() carries the gradient of the verdicts, and penaltyTerm() has the penalty's own gradient", () => {
  using model = goldenModel();
  const images = pictures(2);
  const context = tf.tidy(() =>
    tf.reshape(sequence([2, 8]), [2, 8]) as tf.Tensor2D
  );
  const slopesOf = (): tf.Tensor4D =>
    tf.tidy(() =>
      tf.grad((x) =>
        tf.sum(verdicts(judgePictures(model, x as tf.Tensor4D, context)))
      )(images) as tf.Tensor4D
    );
  const penalty = (): number =>
    tf.tidy(() => gradientPenalty(slopesOf()).dataSync()[0]!);
  const direction = slopesOf();
  const variable = model.parameters.get(
    "discriminator.backbone.2.conv1.2.weight_orig",
  );
  const projection = model.parameters.get(
    "discriminator.ctx_proj.2.weight_orig",
  );
  const { value, grads } = tf.variableGrads(() => {
    const { slope } = judgeAlong(model, images, { context, direction });
    return penaltyTerm(slope, direction);
  }, [variable, projection]);
  assert.ok(Math.abs(value.dataSync()[0]! - penalty()) < 1e-6);
  // The penalty itself, differentiated by central differences along its own gradient.
  for (const weight of [variable, projection]) {
    const gradient = grads[weight.name]!;
    const length = tf.tidy(() => tf.norm(gradient).dataSync()[0]!);
    const start = weight.clone();
    const step = 2e-3;
    const at = (sign: number) => {
      tf.tidy(() =>
        weight.assign(tf.add(start, tf.mul(gradient, sign * step / length)))
      );
      return penalty();
    };
    const slope = (at(1) - at(-1)) / (2 * step);
    weight.assign(start as tf.Tensor);
    start.dispose();
    assert.ok(
      Math.abs(slope - length) <= 0.02 * length,
      `${slope} for ${length}`,
    );
  }
  tf.dispose([images, context, direction, value, grads]);
});
