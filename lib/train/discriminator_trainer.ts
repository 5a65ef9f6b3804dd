// Trains the discriminator to tell pictures from decoded ones; its turn comes before the generator's.
import { REPAIRS } from "../blueprint/model_options.ts";
import type { Batch } from "../data/batch_stream.ts";
import {
  decode,
  type FluxModel,
  sharpenDiscriminator,
} from "../models/flux_model.ts";
import { tf } from "../tensor/tf.ts";
import {
  discriminatorLoss,
  type JudgedPictures,
  verdictGradient,
} from "./discriminator_losses.ts";
import type { ParameterGroup } from "./parameter_group.ts";
import { normalTensor } from "./random_tensor.ts";
import {
  batchImages,
  judgingContext,
  latentNoise,
  sampleLatent,
} from "./sampled_latent.ts";
import type { PreparedBatch, Trainer, TrainMoment } from "./trainer.ts";

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
    prepare: (batch, moment) =>
      Promise.resolve(prepare(options, batch, moment)),
  };
}

function prepare(
  options: DiscriminatorTrainerOptions,
  batch: Batch,
  moment: TrainMoment,
): PreparedBatch {
  const { model, losses } = options;
  const pictures = judgedPictures(options, batch, moment);
  sharpenDiscriminator(model);
  const isPenalised = losses.r1Gamma > 0 &&
    moment.update % losses.r1Interval === 0;
  const gradient = isPenalised ? verdictGradient(model, pictures) : null;
  return {
    settings: {},
    loss: () =>
      discriminatorLoss(model, pictures, { gradient, gamma: losses.r1Gamma }),
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
  { trainStep, update }: TrainMoment,
): JudgedPictures {
  const strength = REPAIRS[model.options.variant].instanceNoise
    ? losses.noiseStd * losses.noiseDecay ** update
    : 0;
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
