// Multi-head attention in the two parameterisations that FluxFlow's files hold.
import { tf } from "../tensor/tf.ts";
import { affine, linear } from "./linear.ts";
import type { Scope } from "./scope.ts";

/** Turns queries and keys by their position; the identity where positions are coded elsewhere. */
export type Rotation = (heads: tf.Tensor4D) => tf.Tensor4D;

/**
 * softmax(q k^T / sqrt(d)) v. All [N, heads, tokens, d]; `mask` [N, 1, 1, keys] is added to the scores and has no gradient. The
 * gradient is written out: of the intermediates it needs the weights alone.
 */
export function attend(
  q: tf.Tensor4D,
  k: tf.Tensor4D,
  v: tf.Tensor4D,
  mask?: tf.Tensor4D,
): tf.Tensor4D {
  const scale = 1 / Math.sqrt(q.shape[3]);
  const operation = tf.customGrad((...inputs) => {
    const [q, k, v, save] = inputs as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
      (kept: tf.Tensor[]) => void,
    ];
    const scores = tf.mul(tf.matMul(q, k, false, true), scale);
    const weights = tf.softmax(
      mask === undefined ? scores : tf.add(scores, mask),
    );
    save([q, k, v, weights]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) =>
      tf.tidy(() => attentionGradients(dy, saved, scale));
    return { value: tf.matMul(weights, v), gradFunc };
  });
  return operation(q, k, v) as tf.Tensor4D;
}

/** Gradients of queries, keys and values. Of a softmax w: dw goes to w (dw - sum(w dw)). */
function attentionGradients(
  dy: tf.Tensor,
  saved: readonly tf.Tensor[],
  scale: number,
): tf.Tensor[] {
  const [q, k, v, weights] = saved as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const pushed = tf.mul(tf.matMul(dy, v, false, true), weights);
  const common = tf.mul(weights, tf.sum(pushed, -1, true));
  const slopes = tf.mul(tf.sub(pushed, common), scale);
  return [
    tf.matMul(slopes, k),
    tf.matMul(slopes, q, true, false),
    tf.matMul(weights, dy, true, false),
  ];
}

/** [N, T, heads * d] to [N, heads, T, d]. */
export function splitHeads(x: tf.Tensor3D, heads: number): tf.Tensor4D {
  const [batch, tokens, width] = x.shape;
  return tf.transpose(tf.reshape(x, [batch, tokens, heads, width / heads]), [
    0,
    2,
    1,
    3,
  ]);
}

/** The reverse of {@linkcode splitHeads}. */
export function joinHeads(x: tf.Tensor4D): tf.Tensor3D {
  const [batch, heads, tokens, width] = x.shape;
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [
    batch,
    tokens,
    heads * width,
  ]);
}

/** Self-attention with PyTorch's packed `in_proj_weight`, `in_proj_bias` and `out_proj`. `x`: [N, T, D]. */
export function packedSelfAttention(
  scope: Scope,
  x: tf.Tensor3D,
  heads: number,
): tf.Tensor3D {
  const projected = affine(
    x,
    scope.get<tf.Tensor2D>("in_proj_weight"),
    scope.get<tf.Tensor1D>("in_proj_bias"),
  );
  const [q, k, v] = tf.split(projected, 3, 2).map((part) =>
    splitHeads(part as tf.Tensor3D, heads)
  );
  return linear(scope.in("out_proj"), joinHeads(attend(q!, k!, v!)));
}

/**
 * Attention from `x` to `source` with `q_proj`, `kv_proj` and `out_proj`. `x`: [N, T, D]; `source`: [N, S, D].
 */
export function pairedAttention(
  scope: Scope,
  x: tf.Tensor3D,
  source: tf.Tensor3D,
  options: {
    readonly heads: number;
    readonly rotateQ: Rotation;
    readonly rotateK: Rotation;
  },
): tf.Tensor3D {
  const q = splitHeads(linear(scope.in("q_proj"), x), options.heads);
  const [k, v] = tf.split(linear(scope.in("kv_proj"), source), 2, 2)
    .map((part) => splitHeads(part as tf.Tensor3D, options.heads));
  return linear(
    scope.in("out_proj"),
    joinHeads(attend(options.rotateQ(q), options.rotateK(k!), v!)),
  );
}
