// Single operations on the running engine, by the names and shapes of torch_ops.py; each run reads a number of its result.
import { attend } from "../../lib/nn/attention.ts";
import { bezierActivation } from "../../lib/nn/bezier.ts";
import { layerNorm } from "../../lib/nn/normalization.ts";
import { modulatedNorm } from "../../lib/nn/spade.ts";
import type { Scope } from "../../lib/nn/scope.ts";
import { createOptimizer } from "../../lib/optim/optimizer.ts";
import { tf } from "../../lib/tensor/tf.ts";

/** Runs an operation once. */
export type OpRun = () => Promise<void>;

/** Name of the chain of the smallest operations, whose time is all overhead. */
export const SMALLEST = "add of 4 numbers";

/** Each operation, made ready by a call. */
export const OP_CASES: Readonly<Record<string, () => OpRun>> = {
  [SMALLEST]: smallAdd,
  "product 512x512x512": () =>
    forward((a, b) => tf.matMul(a!, b!), [[512, 512], [512, 512]]),
  "convolution 3x3": () =>
    forward(convolution(1, 1), [[8, 32, 32, 32], [3, 3, 32, 64]]),
  "convolution 3x3, gradients": () =>
    both(convolution(1, 1), [[8, 32, 32, 32], [3, 3, 32, 64]]),
  "dilated convolution 5x5, gradients": () =>
    both(convolution(4, 2), [[2, 32, 32, 32], [5, 5, 32, 160]]),
  "transposed convolution 16x16, gradients": () =>
    both(
      (x, w) =>
        tf.conv2dTranspose(
          x as tf.Tensor4D,
          w as tf.Tensor4D,
          [2, 32, 32, 160],
          2,
          7,
        ),
      [[2, 16, 16, 32], [16, 16, 160, 32]],
    ),
  "Bezier activation, gradient": () =>
    both((x) => bezierActivation(x!, "silu"), [[2, 64, 64, 160]]),
  "group norm, modulated, gradients": () =>
    both(
      (x, gamma, beta) =>
        modulatedNorm(x as tf.Tensor4D, {
          gamma: gamma as tf.Tensor4D,
          beta: beta as tf.Tensor4D,
        }),
      [[2, 32, 32, 32], [2, 32, 32, 32], [2, 32, 32, 32]],
    ),
  "layer norm, gradients": () =>
    both((x, weight, bias) => {
      const scope = {
        get: (name: string) => name === "weight" ? weight : bias,
      };
      return layerNorm(scope as unknown as Scope, x!);
    }, [[8, 64, 256], [256], [256]]),
  "attention, gradients": () =>
    both(
      (q, k, v) => attend(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D),
      [[8, 4, 64, 32], [8, 4, 64, 32], [8, 4, 64, 32]],
    ),
  "lookup of 64 rows of 1000, gradient": () => {
    const rows = tf.mul(tf.range(0, 64, 1, "int32"), tf.scalar(15, "int32"));
    return both((table) => tf.gather(table!, rows as tf.Tensor1D), [[
      1000,
      256,
    ]]);
  },
  "AdamW, 64 weights of 16384 numbers": adam,
};

type Work = (...inputs: (tf.Tensor | undefined)[]) => tf.Tensor;

function convolution(padding: number, dilation: number): Work {
  return (x, w) =>
    tf.conv2d(
      x as tf.Tensor4D,
      w as tf.Tensor4D,
      1,
      padding,
      "NHWC",
      dilation,
    );
}

/** 0.5 at the start, as torch_ops.py has it: waves, so that no result is trivial. */
function waves(shape: readonly number[], step = 0.31): tf.Tensor {
  const count = shape.reduce((product, side) => product * side, 1);
  const values = Float32Array.from(
    { length: count },
    (_, at) => Math.sin(step * at + 0.5),
  );
  return tf.tensor(values, [...shape], "float32");
}

function smallAdd(): OpRun {
  const one = tf.ones([4]);
  let total: tf.Tensor = tf.zeros([4]);
  return () => {
    const next = tf.add(total, one);
    total.dispose();
    total = next;
    return DONE;
  };
}

const DONE = Promise.resolve();

async function readSum(tensors: readonly tf.Tensor[]): Promise<void> {
  const sums = tf.tidy(() => tensors.map((tensor) => tf.sum(tensor)));
  for (const sum of sums) await sum.data();
  tf.dispose(sums);
}

function forward(work: Work, shapes: readonly (readonly number[])[]): OpRun {
  const inputs = shapes.map((shape) => waves(shape));
  return async () => {
    const value = tf.tidy(() => work(...inputs));
    await readSum([value]);
    value.dispose();
  };
}

function both(work: Work, shapes: readonly (readonly number[])[]): OpRun {
  const inputs = shapes.map((shape) => waves(shape));
  const gradients = tf.grads((...xs: tf.Tensor[]) =>
    tf.mean(tf.square(work(...xs)))
  );
  return async () => {
    const found = gradients(inputs);
    await readSum(found);
    tf.dispose(found);
  };
}

function adam(): OpRun {
  const names = Array.from({ length: 64 }, (_, k) => `w${k}`);
  const variables = new Map(
    names.map((name) => [name, tf.variable(waves([64, 256]))]),
  );
  const gradients = new Map(names.map((name) => [name, waves([64, 256], 0.2)]));
  const optimizer = createOptimizer({ type: "AdamW", lr: 1e-4 });
  let state = optimizer.init(variables);
  return async () => {
    state = optimizer.apply(variables, gradients, state, 1e-4);
    await variables.get(names.at(-1)!)!.data();
  };
}
