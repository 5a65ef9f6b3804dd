// FluxFlow's context modules: a learned query that pools a few tokens, and a gate that injects the pooled vector.
import { MIXER_PROJECTIONS } from "../blueprint/conditioning.ts";
import { tf } from "../tensor/tf.ts";
import { attend, joinHeads, splitHeads } from "./attention.ts";
import { linear } from "./linear.ts";
import { layerNorm } from "./normalization.ts";
import type { Scope } from "./scope.ts";

/** One vector from a few tokens: the class token's row of one attention layer. `tokens`: [N, K, D]; returns [N, D]. */
export function poolContext(
  scope: Scope,
  tokens: tf.Tensor3D,
  heads: number,
): tf.Tensor2D {
  const [batch, , width] = tokens.shape;
  const cls = tf.tile(scope.get<tf.Tensor3D>("cls"), [batch, 1, 1]);
  const x = tf.concat([cls, layerNorm(scope.in("norm_in"), tokens)], 1);
  const [q, k, v] = MIXER_PROJECTIONS.slice(0, 3).map((name) => {
    return splitHeads(linear(scope.in(name), x), heads);
  });
  const mixed = linear(scope.in("out_proj"), joinHeads(attend(q!, k!, v!)));
  const normalised = layerNorm(scope.in("norm_out"), mixed);
  return tf.reshape(tf.slice(normalised, [0, 0, 0], [batch, 1, width]), [
    batch,
    width,
  ]);
}

/** What is injected, and what a fully open gate multiplies by; the original's is 1. */
export interface Injection {
  /** [N, C] */
  readonly context: tf.Tensor2D;
  readonly gain: number;
}

/** x gain sigmoid(W_g c + b_g) + (W_b c + b_b). `x`: [N, T, D]. */
export function gatedInjection(
  scope: Scope,
  x: tf.Tensor3D,
  { context, gain }: Injection,
): tf.Tensor3D {
  const gate = tf.mul(gain, tf.sigmoid(linear(scope.in("gate.0"), context)));
  const shift = linear(scope.in("bias"), context);
  return tf.add(tf.mul(x, tf.expandDims(gate, 1)), tf.expandDims(shift, 1));
}
