// BertTextEncoder: DistilBERT (Sanh et al. 2019), the mean over its words, and a head of two Bezier layers.
import { type ModelOptions, REPAIRS } from "../blueprint/model_options.ts";
import { tf } from "../tensor/tf.ts";
import { attend, joinHeads, splitHeads } from "../nn/attention.ts";
import { bezierActivation } from "../nn/bezier.ts";
import { linear } from "../nn/linear.ts";
import { layerNorm } from "../nn/normalization.ts";
import type { Scope } from "../nn/scope.ts";

const MASKED_SCORE = -1e9;
const SQRT_2 = Math.SQRT2;
/** DistilBERT's own; small embeddings make PyTorch's default visible. */
const LANGUAGE_EPSILON = 1e-12;

/**
 * One vector per text. `ids`, `mask`: [N, T] int32, mask 1 on words and 0 on padding; returns [N, textEmbeddingDim].
 */
export function textVector(
  scope: Scope,
  options: ModelOptions,
  ids: tf.Tensor2D,
  mask: tf.Tensor2D,
): tf.Tensor2D {
  const words = tf.cast(mask, "float32") as tf.Tensor2D;
  const hidden = languageModel(scope.in("language_model"), options, ids, words);
  const pooled = REPAIRS[options.variant].maskedText
    ? maskedMean(hidden, words)
    : tf.mean(hidden, 1) as tf.Tensor2D;
  let x = layerNorm(
    scope.in("ouput_layer.1"),
    linear(scope.in("ouput_layer.0"), pooled),
  );
  x = bezierActivation(x, "none");
  x = layerNorm(
    scope.in("ouput_layer.4"),
    linear(scope.in("ouput_layer.3"), x),
  );
  return bezierActivation(x, "none");
}

function languageModel(
  scope: Scope,
  options: ModelOptions,
  ids: tf.Tensor2D,
  words: tf.Tensor2D,
): tf.Tensor3D {
  const sizes = options.textEncoder;
  const [batch, tokens] = ids.shape;
  const embeddings = scope.in("embeddings");
  const rows = tf.gather(
    embeddings.get<tf.Tensor2D>("word_embeddings.weight"),
    tf.reshape(ids, [-1]) as tf.Tensor1D,
  );
  const places = tf.slice(
    embeddings.get<tf.Tensor2D>("position_embeddings.weight"),
    0,
    tokens,
  );
  let x = layerNorm(
    embeddings.in("LayerNorm"),
    tf.add(tf.reshape(rows, [batch, tokens, sizes.dim]), places) as tf.Tensor3D,
    LANGUAGE_EPSILON,
  );
  const hidden = tf.reshape(tf.mul(tf.sub(1, words), MASKED_SCORE), [
    batch,
    1,
    1,
    tokens,
  ]);
  for (let index = 0; index < sizes.layers; index++) {
    const layer = scope.in(`transformer.layer.${index}`);
    const [q, k, v] = ["q_lin", "k_lin", "v_lin"].map((name) => {
      return splitHeads(linear(layer.in(`attention.${name}`), x), sizes.heads);
    });
    const attended = joinHeads(attend(q!, k!, v!, hidden as tf.Tensor4D));
    x = layerNorm(
      layer.in("sa_layer_norm"),
      tf.add(x, linear(layer.in("attention.out_lin"), attended)),
      LANGUAGE_EPSILON,
    );
    const wide = gelu(linear(layer.in("ffn.lin1"), x));
    x = layerNorm(
      layer.in("output_layer_norm"),
      tf.add(x, linear(layer.in("ffn.lin2"), wide)),
      LANGUAGE_EPSILON,
    );
  }
  return x;
}

/** x Phi(x), the exact form (Hendrycks and Gimpel 2016). */
function gelu(x: tf.Tensor3D): tf.Tensor3D {
  return tf.mul(tf.mul(x, 0.5), tf.add(1, tf.erf(tf.div(x, SQRT_2))));
}

function maskedMean(hidden: tf.Tensor3D, words: tf.Tensor2D): tf.Tensor2D {
  const sum = tf.sum(tf.mul(hidden, tf.expandDims(words, 2)), 1);
  const count = tf.maximum(tf.sum(words, 1, true), 1);
  return tf.div(sum, count);
}
