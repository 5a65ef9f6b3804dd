// The WebGPU engine's own shaders, values and gradients, against tfjs's plain cpu backend. A software adapter serves.
import assert from "node:assert/strict";
import { startEngine } from "../../lib/engines/engine.ts";
import { bezierActivation } from "../../lib/nn/bezier.ts";
import { groupNormalize } from "../../lib/nn/normalization.ts";
import { globalNorm } from "../../lib/optim/numbers.ts";
import { createOptimizer } from "../../lib/optim/optimizer.ts";
import { tf } from "../../lib/tensor/tf.ts";
import { REQUIRED_VARIABLE } from "../support/outside_program.ts";

type Operation = (...inputs: tf.Tensor[]) => tf.Tensor;
type Pictures = tf.Tensor4D;
type Pad = [
  [number, number],
  [number, number],
  [number, number],
  [number, number],
];

const around = (side: number): Pad => [
  [0, 0],
  [side, side],
  [side, side],
  [0, 0],
];
const conv = (stride: number, pad: number, dilation = 1): Operation => (x, f) =>
  tf.conv2d(
    x as Pictures,
    f as Pictures,
    stride,
    around(pad),
    "NHWC",
    dilation,
  );
const grown = (side: number, kernel: number): Operation => (x, f) =>
  tf.conv2dTranspose(
    x as Pictures,
    f as Pictures,
    [2, side, side, f!.shape[2]!],
    2,
    around(kernel / 2 - 1),
  );

const CASES: readonly [string, readonly number[][], Operation][] = [
  ["a product of odd sizes", [[37, 51], [51, 29]], (a, b) => tf.matMul(a!, b!)],
  [
    "a product, both turned",
    [[51, 37], [29, 51]],
    (a, b) => tf.matMul(a!, b!, true, true),
  ],
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
  [
    "a batch of products",
    [[3, 17, 20], [3, 20, 33]],
    (a, b) => tf.matMul(a!, b!),
  ],
  [
    "a product with a long inner side",
    [[3, 900], [900, 5]],
    (a, b) => tf.matMul(a!, b!),
  ],
  ["a sum over the last axes", [[7, 9, 11]], (x) => tf.sum(x!, [1, 2])],
  ["a mean over the first axes", [[130, 9, 5]], (x) => tf.mean(x!, [0, 1])],
  ["a mean over axes apart", [[7, 9, 11]], (x) => tf.mean(x!, [0, 2], true)],
  ["a sum over all", [[3, 9000]], (x) => tf.sum(x!)],
  ["a count of what is true", [[7, 9]], (x) => {
    const isPositive = tf.greater(tf.sin(tf.range(0, 63)), 0);
    const counts = tf.sum(
      tf.cast(tf.reshape(isPositive, [7, 9]), "float32"),
      1,
    );
    return tf.mul(x!, tf.reshape(counts, [7, 1]));
  }],
  ["a convolution", [[2, 9, 8, 3], [3, 3, 3, 5]], conv(1, 1)],
  ["a convolution with stride", [[2, 16, 16, 5], [8, 8, 5, 7]], conv(2, 3)],
  ["a dilated convolution", [[2, 10, 8, 4], [5, 5, 4, 6]], conv(1, 4, 2)],
  ["a transposed convolution", [[2, 4, 4, 6], [16, 16, 5, 6]], grown(8, 16)],
  [
    "rows of a table",
    [[13, 7]],
    (x) => tf.gather(x!, tf.tensor1d([0, 3, 3, 12, 3, 0], "int32")),
  ],
  [
    "a norm of one group",
    [[2, 5, 6, 8]],
    (x) => groupNormalize(x as Pictures, 1),
  ],
  [
    "a norm of four groups, twice as large",
    [[2, 9, 11, 8]],
    (x) => groupNormalize(x as Pictures, 4),
  ],
  [
    "a Bezier activation",
    [[2, 16, 16, 30]],
    (x) => bezierActivation(x!, "silu"),
  ],
  [
    "a Bezier activation of other width",
    [[2, 7, 35]],
    (x) => bezierActivation(x!, "none"),
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

testOnGpu(
  "webgpu updates by AdamW and measures norms as cpu does",
  async () => {
    const results: number[][] = [];
    for (const engine of ["cpu", "webgpu"] as const) {
      await tf.setBackend(engine);
      const weights = tf.variable(tf.tensor1d([0.5, -1, 2]));
      const gradient = tf.tensor1d([0.1, -0.2, 0.3]);
      const optimizer = createOptimizer({
        type: "AdamW",
        lr: 0.1,
        betas: [0.9, 0.99],
        weight_decay: 0.01,
      });
      const parameters = new Map([["w", weights]]);
      const gradients = new Map([["w", gradient]]);
      let state = optimizer.init(parameters);
      for (let k = 0; k < 3; k++) {
        state = optimizer.apply(parameters, gradients, state, 0.1);
      }
      results.push([...await weights.data(), await globalNorm(gradients)]);
    }
    const [wanted, found] = results as [number[], number[]];
    wanted.forEach((value, at) =>
      assert.ok(
        Math.abs(found[at]! - value) < 1e-5,
        `${found[at]} for ${value}`,
      )
    );
  },
);
