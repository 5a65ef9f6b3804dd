// FluxFlowProcessor: predicts the velocity of noisy latent tokens under a text vector and a time.
import {
  PILLAR_DEPTH,
  PILLARS,
  TIME_STEPS,
} from "../blueprint/flow_processor.ts";
import { type ModelOptions, REPAIRS } from "../blueprint/model_options.ts";
import { tf } from "../tensor/tf.ts";
import { pairedAttention, type Rotation } from "../nn/attention.ts";
import {
  bezierActivation,
  interleavedBezier,
  trainableBezier,
} from "../nn/bezier.ts";
import { gatedInjection, poolContext } from "../nn/context_mixer.ts";
import { conv2d, withCoordinates } from "../nn/convolution.ts";
import { linear } from "../nn/linear.ts";
import { layerNorm, layerNormalize } from "../nn/normalization.ts";
import { positionCode } from "../nn/position_code.ts";
import { rotary } from "../nn/rotary_embedding.ts";
import type { Scope } from "../nn/scope.ts";
import { silu } from "../nn/silu.ts";

/** Buffers that travel with the flow's weights: mean and deviation of each latent channel. */
export const LATENT_MEAN = "flow_processor.latent_mean";
export const LATENT_STD = "flow_processor.latent_std";
/** Tokens at the start of the raster that serve as context. */
const CONTEXT_TOKENS = 4;
/** A sigmoid gate is one half at the start; twice that leaves tokens as they are. */
const NEUTRAL_GAIN = 2;
const MIXER_HEAD_WIDTH = 128;

/** What the transformer sees beside the tokens. */
export interface FlowConditions {
  readonly height: number;
  readonly width: number;
  /** [N, textEmbeddingDim] */
  readonly text: tf.Tensor2D;
  /** [N], times 0..999. */
  readonly time: tf.Tensor1D;
}

/** Velocity of each token. `tokens`: [N, height * width, L], normalised; returns the same shape. */
export function flowVelocity(
  scope: Scope,
  options: ModelOptions,
  tokens: tf.Tensor3D,
  conditions: FlowConditions,
): tf.Tensor3D {
  const count = tokens.shape[1];
  const { liveFlow, placedTokens, rotaryTables } = REPAIRS[options.variant];
  let x = linear(scope.in("vae_to_dmodel"), tokens);
  if (placedTokens) {
    const { height, width } = conditions;
    x = tf.add(x, positionCode(height, width, options.featureMapsDim));
  }
  const held = Math.min(CONTEXT_TOKENS, count);
  const heads = Math.max(
    1,
    Math.floor(options.featureMapsDim / MIXER_HEAD_WIDTH),
  );
  const corner = tf.slice(x, [0, 0, 0], [-1, held, -1]);
  let context = poolContext(scope.in("ctx_mixer"), corner, heads);
  const text = conditionToken(scope, options, conditions);
  const headWidth = options.featureMapsDim / options.flowHeads;
  const turns = {
    image: rotary(count, headWidth, rotaryTables),
    text: rotary(1, headWidth, rotaryTables),
  };
  let pillars: (tf.Tensor3D | null)[] = PILLARS.map(() => null);
  for (let index = 0; index < options.flowLayers; index++) {
    x = gatedInjection(scope.in("context_injection"), x, {
      context: liveFlow ? layerNormalize(context) : context,
      gain: liveFlow ? NEUTRAL_GAIN : 1,
    });
    const block = scope.in(`transformer_blocks.${index}`);
    [x, pillars] = transformerBlock(block, options, {
      x,
      text,
      pillars,
      turns,
    });
    context = tf.add(context, tf.mean(x, 1)) as tf.Tensor2D;
  }
  if (liveFlow) x = layerNormalize(x);
  const velocity = linear(scope.in("dmodel_to_vae"), x);
  const shift = cornerShift(scope, x, conditions);
  const rows = tf.pad(
    tf.tile(tf.expandDims(shift, 1), [1, held, 1]) as tf.Tensor3D,
    [[0, 0], [0, count - held], [0, 0]],
  );
  return tf.add(velocity, rows);
}

/** One token from the text vector plus the embedded time. Returns [N, 1, D]. */
function conditionToken(
  scope: Scope,
  options: ModelOptions,
  conditions: FlowConditions,
): tf.Tensor3D {
  const time = scope.in("time_embed");
  const scaled = REPAIRS[options.variant].plainTime
    ? conditions.time
    : tf.mul(conditions.time, TIME_STEPS - 1);
  const index = tf.cast(
    tf.clipByValue(tf.floor(scaled), 0, TIME_STEPS - 1),
    "int32",
  );
  const row = tf.gather(
    time.get<tf.Tensor2D>("0.weight"),
    index as tf.Tensor1D,
  );
  const bent = trainableBezier(time.in("2"), layerNorm(time.in("1"), row));
  const condition = tf.add(
    conditions.text,
    linear(time.in("3"), bent),
  ) as tf.Tensor2D;
  return tf.expandDims(linear(scope.in("text_proj"), condition), 1);
}

interface BlockInput {
  readonly x: tf.Tensor3D;
  readonly text: tf.Tensor3D;
  readonly pillars: readonly (tf.Tensor3D | null)[];
  readonly turns: { readonly image: Rotation; readonly text: Rotation };
}

function transformerBlock(
  scope: Scope,
  options: ModelOptions,
  { x, text, pillars, turns }: BlockInput,
): [tf.Tensor3D, tf.Tensor3D[]] {
  const heads = options.flowHeads;
  const normed = layerNorm(scope.in("norm1"), x);
  let out = tf.add(
    x,
    pairedAttention(scope.in("self_attn"), normed, normed, {
      heads,
      rotateQ: turns.image,
      rotateK: turns.image,
    }),
  ) as tf.Tensor3D;
  const crossed = pairedAttention(
    scope.in("cross_attn"),
    layerNorm(scope.in("norm2"), out),
    layerNorm(scope.in("norm2"), text),
    { heads, rotateQ: turns.image, rotateK: turns.text },
  );
  out = tf.add(out, crossed);
  const gate = tf.sigmoid(out);
  const next = PILLARS.map((name, index) => {
    const before = pillars[index];
    return pillarOf(scope.in(name), before ? tf.mul(gate, before) : gate);
  });
  out = tf.add(
    out,
    linear(scope.in("ffn.0"), layerNorm(scope.in("norm3"), out)),
  );
  const { liveFlow: isLive, alignedParts } = REPAIRS[options.variant];
  const parts = tf.concat([isLive ? layerNormalize(out) : out, ...next], 2);
  const bent = alignedParts
    ? bezierActivation(parts, "none")
    : interleavedBezier(parts);
  return [
    isLive ? tf.add(out, bent) : bent,
    next,
  ];
}

function pillarOf(scope: Scope, x: tf.Tensor3D): tf.Tensor3D {
  let out = x;
  for (let layer = 0; layer < PILLAR_DEPTH; layer++) {
    out = silu(linear(scope.in(`${layer}.0`), out));
  }
  return out;
}

/** The convolutional side branch: one latent vector for the first tokens. Returns [N, L]. */
function cornerShift(
  scope: Scope,
  x: tf.Tensor3D,
  grid: FlowConditions,
): tf.Tensor2D {
  const [batch, , width] = x.shape;
  const map = tf.reshape(x, [
    batch,
    grid.height,
    grid.width,
    width,
  ]) as tf.Tensor4D;
  const first = trainableBezier(
    scope.in("flow_predictor.1"),
    conv2d(scope.in("flow_predictor.0"), map, { padding: 2 }),
  );
  const flow = conv2d(scope.in("flow_predictor.2"), first, { padding: 1 });
  const final = trainableBezier(
    scope.in("context_final.1"),
    conv2d(scope.in("context_final.0"), withCoordinates(flow), { padding: 3 }),
  );
  return linear(
    scope.in("dmodel_to_vae"),
    tf.mean(final, [1, 2]) as tf.Tensor2D,
  );
}
