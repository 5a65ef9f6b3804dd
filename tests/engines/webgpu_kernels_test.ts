// The WebGPU engine's own shaders, values and gradients, against tfjs's plain cpu backend. A software adapter serves.
import assert from "node:assert/strict";
import { startEngine } from "../../lib/engines/engine.ts";
import { bezierActivation } from "../../lib/nn/bezier.ts";
import { groupNormalize } from "../../lib/nn/normalization.ts";
import { createOptimizer } from "../../lib/optim/optimizer.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { REQUIRED_VARIABLE } from "../support/outside_program.ts";

type Operation = (...inputs: tf.Tensor[]) => tf.Tensor;
/** Sizes that choose another shader than those of tests/conformance, which has all other cases. */
const CASES: readonly [string, readonly number[][], Operation][] = [
  [
    "a product large enough for wide tiles",
    [[1100, 21], [21, 500]],
    (a, b) => tf.matMul(a!, b!),
  ],
  [
    "a tall product, whose tiles are narrow",
    [[9000, 18], [18, 60]],
    (a, b) => tf.matMul(a!, b!),
  ],
  ["a sum over all of many", [[3, 9000]], (x) => tf.sum(x!)],
  [
    "a norm of four groups of many places",
    [[2, 9, 11, 8]],
    (x) => groupNormalize(x as tf.Tensor4D, 4),
  ],
  [
    "a Bezier activation of many places",
    [[2, 16, 16, 30]],
    (x) => bezierActivation(x!, "silu"),
  ],
];

function testOnGpu(name: string, body: () => Promise<void>): void {
  Deno.test({
    name,
    ignore: !isThere,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: body,
  });
}

const isThere = await navigator.gpu.requestAdapter() !== null;
if (!isThere) {
  const how = "a Vulkan driver: apt-get install mesa-vulkan-drivers";
  if (Deno.env.get(REQUIRED_VARIABLE) === "1") throw new Error(`needs ${how}`);
  console.log(`skipped: needs ${how}`);
} else await startEngine("webgpu");

for (const [name, shapes, operation] of CASES) {
  testOnGpu(
    `webgpu computes ${name}, and its gradients, as cpu does`,
    async () => {
      const wanted = await valuesOn("cpu", shapes, operation);
      const found = await valuesOn("webgpu", shapes, operation);
      for (const [index, numbers] of wanted.entries()) {
        const largest = numbers.reduce(
          (one, x) => Math.max(one, Math.abs(x)),
          0,
        );
        assert.equal(found[index]!.length, numbers.length);
        numbers.forEach((value, at) => {
          const off = Math.abs(found[index]![at]! - value);
          assert.ok(
            off <= 2e-5 * Math.max(1, largest),
            `${index}, ${at}: off by ${off}`,
          );
        });
      }
    },
  );
}

/** The result, and the gradients of a loss that weighs every part of it differently. */
async function valuesOn(
  engine: "cpu" | "webgpu",
  shapes: readonly number[][],
  operation: Operation,
): Promise<Float32Array[]> {
  await tf.setBackend(engine);
  const inputs = shapes.map((shape, k) => {
    const size = shape.reduce((one, side) => one * side, 1);
    const numbers = Float32Array.from(
      { length: size },
      (_, j) => Math.sin(0.37 * j + k),
    );
    return tf.tensor(numbers, shape);
  });
  const value = operation(...inputs);
  const weights = tf.tensor(
    Float32Array.from({ length: value.size }, (_, j) => Math.cos(0.23 * j)),
    value.shape,
  );
  const gradients = tf.grads((...xs) =>
    tf.sum(tf.mul(operation(...xs), weights))
  )(
    inputs,
  );
  const numbers = await Promise.all(
    [value, ...gradients].map((tensor) => tensor.data()),
  );
  tf.dispose([...inputs, value, weights, ...gradients]);
  return numbers as Float32Array[];
}

testOnGpu(
  "webgpu sums weights by bin as cpu does, and a second time to the same digits",
  async () => {
    const bins = Array.from({ length: 2500 }, (_, j) => (j * 7919) % 301);
    const weights = bins.map((_, j) => Math.sin(0.37 * j));
    const sumsOn = async (engine: "cpu" | "webgpu") => {
      await tf.setBackend(engine);
      const ids = tf.tensor1d(bins, "int32");
      // The last bin is outside of what is asked for.
      const sums = tf.bincount(ids, tf.tensor1d(weights), 300);
      return await sums.data();
    };
    const wanted = await sumsOn("cpu");
    const found = await sumsOn("webgpu");
    assert.deepEqual(await sumsOn("webgpu"), found);
    wanted.forEach((value, at) =>
      assert.ok(Math.abs(found[at]! - value) < 1e-5, `${at}: ${found[at]}`)
    );
  },
);

testOnGpu(
  "webgpu updates weights in their places, and not what a clone of them holds",
  async () => {
    await tf.setBackend("webgpu");
    const weights = tf.variable(tf.tensor1d([0.5, -1, 2]));
    const parameters = new Map([["w", weights]]);
    const gradients = new Map([["w", tf.tensor1d([0.1, -0.2, 0.3])]]);
    const optimizer = createOptimizer({ type: "Adam", lr: 0.1 });
    let state = optimizer.init(parameters);
    const clone = weights.clone();
    state = optimizer.apply(parameters, gradients, state, 0.1);
    const first = [...await weights.data()];
    const before = tf.memory().numTensors;
    state = optimizer.apply(parameters, gradients, state, 0.1);
    assert.equal(tf.memory().numTensors, before);
    assert.deepEqual([...await clone.data()], [0.5, -1, 2]);
    const second = [...await weights.data()];
    [[0.4, -0.9, 1.9], [0.3, -0.8, 1.8]].forEach((wanted, update) =>
      wanted.forEach((value, at) =>
        assert.ok(Math.abs([first, second][update]![at]! - value) < 1e-4)
      )
    );
  },
);
