// Trains the discriminator to tell pictures from decoded ones; its turn comes before the generator's.
import type { Batch } from "../data/batch_stream.ts";
import {
  discriminatorHinge,
  penaltyTerm,
  verdicts,
} from "../losses/adversarial.ts";
import {
  decode,
  type FluxModel,
  judgeAlong,
  judgePictures,
  sharpenDiscriminator,
} from "../models/flux_model.ts";
import { tf } from "../tensor/tf.ts";
import type { ParameterGroup } from "./parameter_group.ts";
import { normalTensor } from "./random_tensor.ts";
import {
  batchImages,
  judgingContext,
  latentNoise,
  sampleLatent,
} from "./sampled_latent.ts";
import type { LossTerms, PreparedBatch, Trainer } from "./trainer.ts";

/** Settings of the discriminator's losses. */
export interface DiscriminatorLossOptions {
  /** Whether the expander sees its context. */
  readonly spade: boolean;
  /** Weight of half the gradient penalty; 0 means none. */
  readonly r1Gamma: number;
  /** Train steps from one penalty to the next. */
  readonly r1Interval: number;
  /** Deviation of the noise on real and decoded pictures at the first train step. */
  readonly noiseStd: number;
  /** What remains of that deviation from one train step to the next. */
  readonly noiseDecay: number;
}

/** What a discriminator trainer is made of; it owns none of it. */
export interface DiscriminatorTrainerOptions {
  readonly model: FluxModel;
  readonly groups: readonly ParameterGroup[];
  readonly seed: number;
  readonly clippingNorm: number;
  readonly losses: DiscriminatorLossOptions;
}

/** Makes the trainer. */
export function discriminatorTrainer(
  options: DiscriminatorTrainerOptions,
): Trainer {
  return {
    groups: options.groups,
    lossMetric: "d_loss",
    clippingNorm: options.clippingNorm,
    prepare: (batch, trainStep) =>
      Promise.resolve(prepare(options, batch, trainStep)),
  };
}

interface JudgedPictures {
  /** [2N, H, W, 3]: N real pictures, then the same decoded. Both pass the layers together: their weights are normed once. */
  readonly images: tf.Tensor4D;
  /** [2N, L], the same for a picture and its decoded one. */
  readonly context: tf.Tensor2D;
}

function prepare(
  options: DiscriminatorTrainerOptions,
  batch: Batch,
  trainStep: number,
): PreparedBatch {
  const { model, losses } = options;
  const pictures = judgedPictures(options, batch, trainStep);
  sharpenDiscriminator(model);
  const isPenalised = losses.r1Gamma > 0 && trainStep % losses.r1Interval === 0;
  const gradient = isPenalised ? verdictGradient(model, pictures) : null;
  return {
    settings: {},
    loss: () =>
      gradient === null
        ? hingeLoss(model, pictures)
        : penalisedLoss(model, pictures, { gradient, gamma: losses.r1Gamma }),
    [Symbol.dispose]() {
      tf.dispose([pictures.images, pictures.context]);
      gradient?.dispose();
    },
  };
}

/** Real pictures and decoded ones from noise of this turn, both under instance noise (Sønderby et al. 2017). */
function judgedPictures(
  { model, seed, losses }: DiscriminatorTrainerOptions,
  batch: Batch,
  trainStep: number,
): JudgedPictures {
  const strength = losses.noiseStd * losses.noiseDecay ** trainStep;
  const noisy = (images: tf.Tensor4D, name: string): tf.Tensor4D => {
    if (strength === 0) return images;
    const noise = normalTensor(seed, `${name}/${trainStep}`, images.shape);
    return tf.add(images, tf.mul(strength, noise));
  };
  const [images, context] = tf.tidy(() => {
    const images = batchImages(batch);
    const name = `gan_latent/${trainStep}`;
    const noise = latentNoise(model, batch, { seed, name });
    const { tokens, grid } = sampleLatent(model, images, noise);
    const decoded = decode(model, tokens, grid, { spade: losses.spade });
    const context = judgingContext(tokens);
    const both = [
      noisy(images, "gan_noise_real"),
      noisy(decoded, "gan_noise_fake"),
    ];
    return [tf.concat(both), tf.concat([context, context])] as [
      tf.Tensor4D,
      tf.Tensor2D,
    ];
  });
  return { images, context };
}

/**
 * Gradient of each verdict on a real picture with respect to that picture, and zeros for the decoded ones: [2N, H, W, 3]. The
 * caller owns it.
 */
function verdictGradient(
  model: FluxModel,
  { images, context }: JudgedPictures,
): tf.Tensor4D {
  return tf.tidy(() => {
    const [real, fake] = tf.split(images, 2) as [tf.Tensor4D, tf.Tensor4D];
    const [known] = tf.split(context, 2) as [tf.Tensor2D];
    const gradient = tf.grad((images) =>
      tf.sum(verdicts(judgePictures(model, images as tf.Tensor4D, known)))
    )(real);
    return tf.concat([gradient, tf.zerosLike(fake)]) as tf.Tensor4D;
  });
}

function hingeLoss(
  model: FluxModel,
  { images, context }: JudgedPictures,
): LossTerms {
  const hinge = hingeOf(judgePictures(model, images, context));
  return { total: hinge, terms: { d_loss: hinge } };
}

function penalisedLoss(
  model: FluxModel,
  { images, context }: JudgedPictures,
  { gradient, gamma }: {
    readonly gradient: tf.Tensor4D;
    readonly gamma: number;
  },
): LossTerms {
  const judged = judgeAlong(model, images, { context, direction: gradient });
  const hinge = hingeOf(judged.logits);
  const [slope] = tf.split(judged.slope, 2) as [tf.Tensor4D];
  const [ofReal] = tf.split(gradient, 2) as [tf.Tensor4D];
  const penalty = penaltyTerm(slope, ofReal);
  return {
    total: tf.add(hinge, tf.mul(gamma / 2, penalty)),
    terms: { d_loss: hinge, r1_penalty: penalty },
  };
}

function hingeOf(logits: tf.Tensor4D): tf.Scalar {
  const [real, fake] = tf.split(logits, 2) as [tf.Tensor4D, tf.Tensor4D];
  return discriminatorHinge(real, fake);
}
