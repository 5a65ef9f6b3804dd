// Trains compressor and expander: reconstruction through the sampled latent, the divergence that keeps it near N(0, 1), and on
// request the verdict of a discriminator.
import type { Batch } from "../data/batch_stream.ts";
import { generatorHinge } from "../losses/adversarial.ts";
import {
  colourStatisticsLoss,
  contrastLoss,
} from "../losses/image_statistics.ts";
import { klDivergence, klWeight } from "../losses/kl_divergence.ts";
import { reconstructionLoss } from "../losses/reconstruction.ts";
import {
  decode,
  type FluxModel,
  judgePictures,
  sharpenDiscriminator,
} from "../models/flux_model.ts";
import { detached } from "../tensor/detached.ts";
import { tf } from "../tensor/tf.ts";
import {
  balanceOf,
  type LossWeights,
  magnitudesOf,
  NO_BALANCE,
} from "./loss_balance.ts";
import type { ParameterGroup } from "./parameter_group.ts";
import {
  batchImages,
  judgingContext,
  latentNoise,
  sampleLatent,
} from "./sampled_latent.ts";
import type {
  LossTerms,
  PreparedBatch,
  Trainer,
  TrainWindows,
} from "./trainer.ts";

/** FluxFlow's weights of the two terms that keep pictures from fading; they are no options there either. */
const COLOUR_WEIGHT = 0.05;
const CONTRAST_WEIGHT = 0.1;

/** Settings of the VAE's losses. */
export interface VaeLossOptions {
  /** Whether the expander sees its context. */
  readonly spade: boolean;
  /** False where nothing but the discriminator's verdict trains the pictures. */
  readonly reconstructs: boolean;
  readonly mseWeight: number;
  readonly klBeta: number;
  /** Train steps of this step over which the weight of the divergence rises. */
  readonly klWarmupSteps: number;
  /** Nats per element below which the divergence is not pushed. */
  readonly klFreeBits: number;
  /** Weight of the discriminator's verdict; null where the step has no discriminator. */
  readonly adversarial: number | null;
  /** Whether reconstruction, divergence and verdict are brought to one size before the weights above. */
  readonly balanced: boolean;
}

/** What a VAE trainer is made of; it owns none of it. */
export interface VaeTrainerOptions {
  readonly model: FluxModel;
  readonly groups: readonly ParameterGroup[];
  readonly seed: number;
  readonly clippingNorm: number;
  readonly losses: VaeLossOptions;
}

/** Makes the trainer. */
export function vaeTrainer(options: VaeTrainerOptions): Trainer {
  const { reconstructs, balanced } = options.losses;
  return {
    groups: options.groups,
    lossMetric: reconstructs ? "recon_loss" : "g_loss",
    clippingNorm: options.clippingNorm,
    prepare: (batch, trainStep, windows) =>
      Promise.resolve(prepare(options, batch, { trainStep, windows })),
    ...(balanced ? { remember: magnitudesOf } : {}),
  };
}

function prepare(
  options: VaeTrainerOptions,
  batch: Batch,
  { trainStep, windows }: {
    readonly trainStep: number;
    readonly windows: TrainWindows;
  },
): PreparedBatch {
  const { model, seed, losses } = options;
  const images = batchImages(batch);
  const name = `vae_noise/${trainStep}`;
  const noise = latentNoise(model, batch, { seed, name });
  const klBeta = klWeight(trainStep, losses.klWarmupSteps, losses.klBeta);
  const weights = losses.balanced ? balanceOf(windows) : NO_BALANCE;
  if (losses.adversarial !== null) sharpenDiscriminator(model);
  return {
    settings: { kl_beta: klBeta, ...(losses.balanced ? weights : {}) },
    loss: () => vaeLoss(model, { images, noise, klBeta, weights }, losses),
    [Symbol.dispose]: () => tf.dispose([images, noise]),
  };
}

interface VaeInputs {
  /** [N, H, W, 3] in [-1, 1]. */
  readonly images: tf.Tensor4D;
  /** [N, h, w, L] */
  readonly noise: tf.Tensor4D;
  readonly klBeta: number;
  readonly weights: LossWeights;
}

/**
 * One decoded picture serves every term, the discriminator's verdict included: its gradient reaches the compressor too, where
 * FluxFlow decodes a second time to keep it out.
 */
function vaeLoss(
  model: FluxModel,
  inputs: VaeInputs,
  losses: VaeLossOptions,
): LossTerms {
  const { images, noise, klBeta, weights } = inputs;
  const { posterior, tokens, grid } = sampleLatent(model, images, noise);
  const decoded = decode(model, tokens, grid, { spade: losses.spade });
  const picture = losses.reconstructs
    ? pictureTerms(decoded, images, losses.mseWeight)
    : null;
  const kl = klDivergence(posterior.mean, posterior.logVar, {
    freeBits: losses.klFreeBits,
  });
  const verdict = losses.adversarial === null
    ? null
    : verdictTerm(model, decoded, tokens);
  const weighted = [
    ...(picture === null
      ? []
      : [tf.mul(picture.recon_loss, weights.weight_recon)]),
    tf.mul(kl, klBeta * weights.weight_kl),
    ...(picture === null ? [] : [
      tf.mul(picture.color_stats, COLOUR_WEIGHT),
      tf.mul(picture.contrast_loss, CONTRAST_WEIGHT),
    ]),
    ...(verdict === null
      ? []
      : [tf.mul(verdict, losses.adversarial! * weights.weight_gan)]),
  ];
  return {
    total: tf.addN(weighted) as tf.Scalar,
    terms: {
      ...(picture === null ? {} : { recon_loss: picture.recon_loss }),
      kl_loss: kl,
      ...(picture === null ? {} : {
        color_stats: picture.color_stats,
        contrast_loss: picture.contrast_loss,
        // FluxFlow's name for the same; with a perceptual term the two would differ.
        vae_loss: picture.recon_loss,
      }),
      ...(verdict === null ? {} : { g_loss: verdict }),
      recon_l1: meanError(decoded, images),
    },
  };
}

interface PictureTerms {
  readonly recon_loss: tf.Scalar;
  readonly color_stats: tf.Scalar;
  readonly contrast_loss: tf.Scalar;
}

/** How far decoded pictures are from their originals, and their colours and contrast. */
function pictureTerms(
  decoded: tf.Tensor4D,
  images: tf.Tensor4D,
  mseWeight: number,
): PictureTerms {
  return {
    recon_loss: reconstructionLoss(decoded, images, { mse_weight: mseWeight }),
    color_stats: colourStatisticsLoss(decoded, images),
    contrast_loss: contrastLoss(decoded, images),
  };
}

/** The context is held: a compressor must not learn to pass a picture off by what it says about it. */
function verdictTerm(
  model: FluxModel,
  decoded: tf.Tensor4D,
  tokens: tf.Tensor3D,
): tf.Scalar {
  const context = judgingContext(detached(tokens));
  return generatorHinge(judgePictures(model, decoded, context));
}

/** Mean absolute error with colours in 0..1, as the held-out metric has it. */
function meanError(decoded: tf.Tensor4D, images: tf.Tensor4D): tf.Scalar {
  const shown = tf.clipByValue(decoded, -1, 1);
  return tf.mul(tf.mean(tf.abs(tf.sub(shown, images))), 0.5);
}
