// Numbers by formula, the same here and in formulas.py, and the comparison of tensors with what PyTorch found.
import assert from "node:assert/strict";
import type { Component } from "../../lib/blueprint/parameter_spec.ts";
import {
  type FluxModel,
  sharpenDiscriminator,
} from "../../lib/models/flux_model.ts";
import { tf } from "../../lib/tensor/tf.ts";

/** What formulas.py keeps of a tensor, in PyTorch's layout. */
export interface Summary {
  readonly shape: readonly number[];
  readonly norm: number;
  readonly waves: readonly number[];
}

/** scale * sin(step * j + start), row-major. */
export function sequence(
  shape: readonly number[],
  [step, start, scale]: readonly [number, number, number] = [0.31, 0.5, 1],
): tf.Tensor {
  const size = shape.reduce((product, side) => product * side, 1);
  const values = Float32Array.from(
    { length: size },
    (_, j) => scale * Math.sin(step * j + start),
  );
  return tf.tensor(values, [...shape]);
}

/** Weights by formula: 0.2 sin(0.7 j + 0.3 (k + 1)) for the k-th of a component by name. */
export function fill(model: FluxModel, component: Component): void {
  const { parameters } = model;
  const names = parameters.trainableNames(component).sort();
  const stored = new Map(names.map((name, k) => {
    const { shape } = parameters.specs.get(name)!;
    const values = tf.tidy(() =>
      sequence(shape, [0.7, 0.3 * (k + 1), 0.2]).dataSync() as Float32Array
    );
    return [name, { shape, data: Float32Array.from(values) }] as const;
  }));
  for (const [name, tensor] of parameters.fromStored(stored)) {
    parameters.get(name).assign(tensor);
    tensor.dispose();
  }
}

/** As PyTorch began: from ones, three power iterations. */
export function settleNorms(model: FluxModel): void {
  for (const name of model.parameters.names("discriminator")) {
    if (!/\.weight_[uv]$/.test(name)) continue;
    const variable = model.parameters.get(name);
    variable.assign(tf.onesLike(variable));
  }
  for (let round = 0; round < 3; round++) sharpenDiscriminator(model);
}

/** The loss of reference_models.py: every number of the outputs with a weight of its own. Outputs in PyTorch's layout. */
export function weighed(outputs: readonly tf.Tensor[]): tf.Scalar {
  return tf.addN(
    outputs.map((y, k) =>
      tf.sum(tf.mul(y, sequence(y.shape, [0.53, 0.1 * k, 1])))
    ),
  ) as tf.Scalar;
}

/** [N, C, H, W] of [N, H, W, C]. */
export function channelsFirst(x: tf.Tensor): tf.Tensor {
  return tf.transpose(x, [0, 3, 1, 2]);
}

/** The reverse of {@linkcode channelsFirst}. */
export function channelsLast(x: tf.Tensor): tf.Tensor4D {
  return tf.transpose(x, [0, 2, 3, 1]) as tf.Tensor4D;
}

/**
 * Compares numbers in PyTorch's layout: their length, and their sums under four waves, which differ about as much as the tensors do.
 * `tolerance` is relative to the length; `least` lets pass what is nothing beside the other tensors.
 */
export function assertLike(
  values: ArrayLike<number>,
  wanted: Summary,
  { what, tolerance, least = 0 }: {
    readonly what: string;
    readonly tolerance: number;
    readonly least?: number;
  },
): void {
  const size = wanted.shape.reduce((product, side) => product * side, 1);
  assert.equal(values.length, size, what);
  const allowed = tolerance * Math.max(wanted.norm, least);
  const close = (found: number, expected: number, of: string) =>
    assert.ok(
      Math.abs(found - expected) <= allowed,
      `${what}, ${of}: ${found} for ${expected} (±${allowed})`,
    );
  let squares = 0;
  for (let j = 0; j < values.length; j++) squares += values[j]! ** 2;
  close(Math.sqrt(squares), wanted.norm, "length");
  wanted.waves.forEach((expected, k) => {
    let sum = 0;
    for (let j = 0; j < values.length; j++) {
      sum += values[j]! * Math.sin(0.37 * (k + 1) * j + k);
    }
    close(sum, expected, `wave ${k}`);
  });
}
