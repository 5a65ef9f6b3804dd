// Spectral norm against PyTorch's formulas, written out on plain arrays in the layout of files.
import assert from "node:assert/strict";
import { startEngine } from "../../lib/engines/engine.ts";
import {
  declareSpectralConv,
  declareSpectralLinear,
} from "../../lib/blueprint/spectral.ts";
import { initialStreams } from "../../lib/blueprint/initializers.ts";
import { ParameterList } from "../../lib/blueprint/parameter_list.ts";
import { Parameters } from "../../lib/nn/parameters.ts";
import { Scope } from "../../lib/nn/scope.ts";
import { iteratePower, spectralWeight } from "../../lib/nn/spectral_norm.ts";
import { tf } from "../../lib/tensor/tf.ts";

await startEngine("wasm");

function layers(): Parameters {
  const list = new ParameterList("discriminator", initialStreams(4));
  declareSpectralConv(list, "conv", { inputs: 2, outputs: 4, kernel: 3 });
  declareSpectralLinear(list, "linear", 5, 3);
  return Parameters.create(list.specs);
}

/** Rows of PyTorch's matrix [outputs, inputs and places], and the stored vectors. */
function stored(parameters: Parameters, name: string) {
  const arrays = parameters.toStored();
  const of = (part: string) => [
    ...arrays.get(`discriminator.${name}.${part}`)!.data,
  ];
  const u = of("weight_u");
  const v = of("weight_v");
  const weight = of("weight_orig");
  const rows = u.map((_, row) =>
    weight.slice(row * v.length, (row + 1) * v.length)
  );
  return { u, v, rows };
}

function unit(values: number[]): number[] {
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, at) => sum + value * b[at]!, 0);
}

function assertNear(found: readonly number[], wanted: readonly number[]): void {
  assert.equal(found.length, wanted.length);
  found.forEach((value, at) =>
    assert.ok(Math.abs(value - wanted[at]!) < 1e-5, `${at}: ${value}`)
  );
}

for (const name of ["conv", "linear"]) {
  Deno.test(`iteratePower() makes PyTorch's v and u of a ${name} layer, in PyTorch's order`, () => {
    using parameters = layers();
    const before = stored(parameters, name);
    assert.ok(Math.abs(Math.hypot(...before.u) - 1) < 1e-6);
    assert.ok(Math.abs(Math.hypot(...before.v) - 1) < 1e-6);
    const count = tf.memory().numTensors;
    iteratePower(new Scope(parameters, `discriminator.${name}`));
    assert.equal(tf.memory().numTensors, count);
    const { rows } = before;
    const v = unit(
      before.v.map((_, column) =>
        dot(rows.map((row) => row[column]!), before.u)
      ),
    );
    const u = unit(rows.map((row) => dot(row, v)));
    const after = stored(parameters, name);
    assertNear(after.v, v);
    assertNear(after.u, u);
    assert.deepEqual(after.rows, rows);
  });

  Deno.test(`spectralWeight() of a ${name} layer has norm 1 in the end, and PyTorch's gradient`, () => {
    using parameters = layers();
    const scope = new Scope(parameters, `discriminator.${name}`);
    const variable = parameters.get(`discriminator.${name}.weight_orig`);
    for (let round = 0; round < 200; round++) iteratePower(scope);
    const { u, v, rows } = stored(parameters, name);
    const sigma = dot(u, rows.map((row) => dot(row, v)));
    assert.ok(Math.abs(dot(rows[0]!, v) - sigma * u[0]!) < 1e-4);
    const seed = tf.tidy(() =>
      tf.sin(tf.reshape(tf.range(0, variable.size), variable.shape))
    );
    const { value, grads } = tf.variableGrads(
      () => tf.sum(tf.mul(spectralWeight(scope), seed)) as tf.Scalar,
      [variable],
    );
    const full = `discriminator.${name}.weight_orig`;
    const [g, found] = [seed, grads[variable.name]!].map((tensor) => [
      ...parameters.toStored(new Map([[full, tensor]])).get(full)!.data,
    ]) as [number[], number[]];
    // W / s with s = u'Wv: (G - <G, W / s> u v') / s.
    const along = dot(g, rows.flat()) / sigma;
    const wanted = g.map((value, at) => {
      const row = Math.floor(at / v.length);
      return (value - along * u[row]! * v[at % v.length]!) / sigma;
    });
    assertNear(found, wanted);
    tf.dispose([seed, value, grads]);
  });
}
