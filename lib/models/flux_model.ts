// One model of a pipeline: the components that a step needs, built from options and one seed.
import { type ModelOptions, REPAIRS } from "../blueprint/model_options.ts";
import { modelSpecs } from "../blueprint/model_specs.ts";
import type { Component } from "../blueprint/parameter_spec.ts";
import { tf } from "../tensor/tf.ts";
import { Parameters } from "../nn/parameters.ts";
import { Scope } from "../nn/scope.ts";
import { compress, tokensOf } from "./compressor.ts";
import { judge, sharpenNorms } from "./discriminator.ts";
import { expand } from "./expander.ts";
import { type FlowConditions, flowVelocity } from "./flow_processor.ts";
import { textVector } from "./text_encoder.ts";

/** A model with the weights of some components; dispose it to free them. */
export interface FluxModel extends Disposable {
  readonly options: ModelOptions;
  readonly components: readonly Component[];
  readonly parameters: Parameters;
}

/** Rows and columns of a latent. */
export interface Grid {
  readonly height: number;
  readonly width: number;
}

/** Builds `components` with fresh weights, each a function of (seed, its name) alone. */
export function buildModel(
  options: ModelOptions,
  build: {
    readonly components: readonly Component[];
    readonly seed: number;
  },
): FluxModel {
  const specs = modelSpecs(options, build);
  const parameters = Parameters.create(specs);
  return {
    options,
    components: build.components,
    parameters,
    [Symbol.dispose]: () => parameters.dispose(),
  };
}

/** What the compressor says of pictures. */
export interface Posterior {
  /** [N, h, w, L] */
  readonly mean: tf.Tensor4D;
  /** [N, h, w, L] */
  readonly logVar: tf.Tensor4D;
  /** [N, h, w, D]: what `variant: fluxflow` adds to the tokens behind the bottleneck. */
  readonly features: tf.Tensor4D;
}

/** Encodes pictures. `images`: [N, H, W, 3] in [-1, 1]; the caller owns the result. */
export function encode(model: FluxModel, images: tf.Tensor4D): Posterior {
  return tf.tidy(() => ({
    ...compress(scopeOf(model, "compressor"), model.options, images),
  }));
}

/** Tokens [N, h * w, L] of a latent [N, h, w, L]; the caller owns them. `posterior` matters to `fluxflow` alone. */
export function latentTokens(
  model: FluxModel,
  latent: tf.Tensor4D,
  posterior?: Posterior,
): tf.Tensor3D {
  const leak = REPAIRS[model.options.variant].tightBottleneck
    ? null
    : posterior?.features ?? null;
  return tf.tidy(() =>
    tokensOf(scopeOf(model, "compressor"), model.options, latent, leak)
  );
}

/** Pictures [N, H, W, 3] of tokens [N, h * w, L]; the caller owns them. */
export function decode(
  model: FluxModel,
  tokens: tf.Tensor3D,
  grid: Grid,
  context: { readonly spade: boolean },
): tf.Tensor4D {
  return tf.tidy(() =>
    expand(scopeOf(model, "expander"), model.options, tokens, {
      ...grid,
      spade: context.spade,
    })
  );
}

/** Text vectors [N, E] of token ids and mask [N, T]; the caller owns them. */
export function encodeText(
  model: FluxModel,
  ids: tf.Tensor2D,
  mask: tf.Tensor2D,
): tf.Tensor2D {
  return tf.tidy(() =>
    textVector(scopeOf(model, "text_encoder"), model.options, ids, mask)
  );
}

/** Velocity of normalised tokens [N, h * w, L]; the caller owns it. */
export function predictVelocity(
  model: FluxModel,
  tokens: tf.Tensor3D,
  conditions: FlowConditions,
): tf.Tensor3D {
  return tf.tidy(() =>
    flowVelocity(
      scopeOf(model, "flow_processor"),
      model.options,
      tokens,
      conditions,
    )
  );
}

/** Logits [N, h, w, 1] of pictures [N, H, W, 3] under contexts [N, L]; the caller owns them. */
export function judgePictures(
  model: FluxModel,
  images: tf.Tensor4D,
  context: tf.Tensor2D,
): tf.Tensor4D {
  return tf.tidy(() =>
    judge(scopeOf(model, "discriminator"), model.options, images, { context })
      .logits
  );
}

/** The same logits, and their derivative along `direction`, of the shape of `images`; the caller owns both. */
export function judgeAlong(
  model: FluxModel,
  images: tf.Tensor4D,
  conditions: {
    readonly context: tf.Tensor2D;
    readonly direction: tf.Tensor4D;
  },
): { readonly logits: tf.Tensor4D; readonly slope: tf.Tensor4D } {
  return tf.tidy(() => {
    const scope = scopeOf(model, "discriminator");
    const judged = judge(scope, model.options, images, conditions);
    return { logits: judged.logits, slope: judged.slope! };
  });
}

/** Moves the discriminator's spectral norms on; due once before each training pass. */
export function sharpenDiscriminator(model: FluxModel): void {
  sharpenNorms(scopeOf(model, "discriminator"), model.options);
}

function scopeOf(model: FluxModel, component: Component): Scope {
  return new Scope(model.parameters, component);
}
