import assert from "node:assert/strict";
import { startEngine } from "../../lib/engines/engine.ts";
import { StoredStateError } from "../../lib/error/failure.ts";
import { buildModel } from "../../lib/models/flux_model.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { tinyModel } from "../support/tiny_model.ts";

await startEngine("wasm");

Deno.test("Parameters.toStored() and load() are each other's reverse, bit for bit", () => {
  using source = buildModel(tinyModel({ latentDim: 4 }), {
    components: ["compressor", "expander", "flow_processor", "text_encoder"],
    seed: 1,
  });
  using target = buildModel(source.options, {
    components: source.components,
    seed: 2,
  });
  const stored = source.parameters.toStored();
  for (const [name, array] of stored) {
    assert.deepEqual(
      array.shape,
      source.parameters.specs.get(name)!.shape,
      name,
    );
  }
  target.parameters.load(stored, target.components);
  for (const [name, array] of target.parameters.toStored()) {
    assert.deepEqual(array.data, stored.get(name)!.data, name);
  }
});

Deno.test("toStored() interleaves the parts of a Bezier activation as PyTorch has them", () => {
  using model = buildModel(tinyModel(), {
    components: ["compressor"],
    seed: 1,
  });
  const name = "compressor.encoder_z.0.0.bias";
  const variable = model.parameters.get(name);
  const features = variable.size / 5;
  // In memory: part after part. Part p of feature f is marked 100 p + f.
  const marks = Float32Array.from({ length: variable.size }, (_, at) => {
    return 100 * Math.floor(at / features) + at % features;
  });
  const tensor = tf.tensor1d(marks);
  variable.assign(tensor);
  const { data } = model.parameters.toStored().get(name)!;
  assert.deepEqual([...data.subarray(0, 6)], [0, 100, 200, 300, 400, 1]);
  tensor.dispose();
});

Deno.test("load() refuses missing, unexpected and misshapen weights, all in one message", () => {
  using model = buildModel(tinyModel(), { components: ["expander"], seed: 1 });
  const stored = model.parameters.toStored();
  stored.delete("expander.to_rgb_conv.0.bias");
  stored.set("expander.extra", { shape: [1], data: new Float32Array(1) });
  stored.set("expander.to_rgb_conv.6.bias", {
    shape: [4],
    data: new Float32Array(4),
  });
  assert.throws(
    () => model.parameters.load(stored, ["expander"]),
    (error: unknown) => {
      assert.ok(error instanceof StoredStateError);
      assert.match(error.message, /"expander.to_rgb_conv.0.bias" is missing/);
      assert.match(error.message, /"expander.extra" is unexpected/);
      assert.match(
        error.message,
        /"expander.to_rgb_conv.6.bias" is \[4\], wanted \[3\]/,
      );
      return true;
    },
  );
});

Deno.test("buildModel() gives each weight a start of its own, whatever else is built", () => {
  using alone = buildModel(tinyModel(), { components: ["expander"], seed: 5 });
  using together = buildModel(tinyModel(), {
    components: ["compressor", "expander"],
    seed: 5,
  });
  using other = buildModel(tinyModel(), { components: ["expander"], seed: 6 });
  const name = "expander.to_rgb_conv.0.weight";
  const values = alone.parameters.get(name).dataSync();
  assert.deepEqual(together.parameters.get(name).dataSync(), values);
  assert.notDeepEqual(other.parameters.get(name).dataSync(), values);
});
