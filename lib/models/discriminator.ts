// PatchDiscriminator: judges patches of a picture against a context vector (Miyato et al. 2018, spectral norm and projection).
import { convolutions } from "../blueprint/discriminator.ts";
import type { ModelOptions } from "../blueprint/model_options.ts";
import { affine } from "../nn/linear.ts";
import type { Scope } from "../nn/scope.ts";
import { iteratePower, spectralWeight } from "../nn/spectral_norm.ts";
import { detached } from "../tensor/detached.ts";
import { tf } from "../tensor/tf.ts";

/** Slope of the activations below 0. */
const LEAK = 0.2;

/** A picture on its way through the layers, and how it changes along a direction where one is asked for. */
interface Features {
  readonly value: tf.Tensor4D;
  readonly slope: tf.Tensor4D | null;
}

/** What the discriminator says of pictures. */
export interface Judgement {
  /** [N, h, w, 1]: above 0 is taken for real. */
  readonly logits: tf.Tensor4D;
  /** Derivative of the logits along the direction that was asked for; null where none was. */
  readonly slope: tf.Tensor4D | null;
}

/** One power iteration of every spectral norm: due before each training pass. */
export function sharpenNorms(scope: Scope, options: ModelOptions): void {
  for (const { name } of convolutions(options)) iteratePower(scope.in(name));
  iteratePower(scope.in("ctx_proj.0"));
  iteratePower(scope.in("ctx_proj.2"));
}

/**
 * Judges patches. `images`: [N, H, W, 3] in [-1, 1], sides at least 2^depth; `context`: [N, L]. With `direction`, of the
 * shape of `images`, the derivative along it is carried forward beside the values; both depend on the weights smoothly, so
 * one reverse pass gives the weights' gradient of a derivative.
 */
export function judge(
  scope: Scope,
  options: ModelOptions,
  images: tf.Tensor4D,
  conditions: {
    readonly context: tf.Tensor2D;
    readonly direction?: tf.Tensor4D;
  },
): Judgement {
  let x: Features = { value: images, slope: conditions.direction ?? null };
  x = leaky(convolved(scope.in("backbone.0.2"), stem(scope, x)));
  for (let block = 0; block < options.discDepth; block++) {
    x = pooled(judgedBlock(scope.in(`backbone.${block + 2}`), x));
  }
  const { value, slope } = convolved(scope.in("head"), x);
  const wanted = projected(scope.in("ctx_proj"), conditions.context);
  return {
    logits: tf.add(value, agreement(x.value, wanted)),
    slope: slope === null ? null : tf.add(slope, agreement(x.slope!, wanted)),
  };
}

function stem(scope: Scope, x: Features): Features {
  return leaky(convolved(scope.in("backbone.0.0"), x));
}

function judgedBlock(scope: Scope, x: Features): Features {
  return ["conv1.0", "conv1.2", "conv2.0", "conv2.2"].reduce(
    (features, part) => leaky(convolved(scope.in(part), features)),
    x,
  );
}

function convolved(scope: Scope, { value, slope }: Features): Features {
  const weight = spectralWeight<tf.Tensor4D>(scope);
  return {
    value: tf.add(tf.conv2d(value, weight, 1, "same"), scope.get("bias")),
    slope: slope === null ? null : tf.conv2d(slope, weight, 1, "same"),
  };
}

function leaky({ value, slope }: Features): Features {
  return {
    value: tf.leakyRelu(value, LEAK),
    slope: slope === null ? null : tf.mul(slope, leakOf(value)),
  };
}

/** 1 above 0 and the leak elsewhere: flat, so no gradient passes it. */
function leakOf(value: tf.Tensor4D): tf.Tensor {
  return tf.add(LEAK, tf.mul(1 - LEAK, tf.step(detached(value))));
}

function pooled({ value, slope }: Features): Features {
  return {
    value: tf.avgPool(value, 2, 2, "valid"),
    slope: slope === null ? null : tf.avgPool(slope, 2, 2, "valid"),
  };
}

/** The context as a vector of the features' width. [N, L] to [N, C]. */
function projected(scope: Scope, context: tf.Tensor2D): tf.Tensor2D {
  const hidden = tf.leakyRelu(spectralLinear(scope.in("0"), context), LEAK);
  return spectralLinear(scope.in("2"), hidden);
}

function spectralLinear<T extends tf.Tensor>(scope: Scope, x: T): T {
  return affine(
    x,
    spectralWeight<tf.Tensor2D>(scope),
    scope.get<tf.Tensor1D>("bias"),
  );
}

/** Inner product of a picture's mean feature with the projected context, [N, 1, 1, 1]. */
function agreement(features: tf.Tensor4D, wanted: tf.Tensor2D): tf.Tensor {
  const product = tf.sum(tf.mul(tf.mean(features, [1, 2]), wanted), 1);
  return tf.reshape(product, [-1, 1, 1, 1]);
}
