// Trains compressor and expander: reconstruction through the sampled latent, and the divergence that keeps it near N(0, 1).
import type { Batch } from "../data/batch_stream.ts";
import {
  colourStatisticsLoss,
  contrastLoss,
} from "../losses/image_statistics.ts";
import { klDivergence, klWeight } from "../losses/kl_divergence.ts";
import { reconstructionLoss } from "../losses/reconstruction.ts";
import {
  decode,
  encode,
  type FluxModel,
  latentTokens,
} from "../models/flux_model.ts";
import { latentDim, latentGrid } from "../blueprint/model_options.ts";
import { tf } from "../tensor/tf.ts";
import type { ParameterGroup } from "./parameter_group.ts";
import { normalTensor } from "./random_tensor.ts";
import type { LossTerms, PreparedBatch, Trainer } from "./trainer.ts";

/** FluxFlow's weights of the two terms that keep pictures from fading; they are no options there either. */
const COLOUR_WEIGHT = 0.05;
const CONTRAST_WEIGHT = 0.1;

/** Settings of the VAE's losses. */
export interface VaeLossOptions {
  /** Whether the expander sees its context. */
  readonly spade: boolean;
  readonly mseWeight: number;
  readonly klBeta: number;
  /** Train steps of this step over which the weight of the divergence rises. */
  readonly klWarmupSteps: number;
  /** Nats per element below which the divergence is not pushed. */
  readonly klFreeBits: number;
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
  return {
    groups: options.groups,
    lossMetric: "recon_loss",
    clippingNorm: options.clippingNorm,
    prepare: (batch, trainStep) =>
      Promise.resolve(prepare(options, batch, trainStep)),
  };
}

function prepare(
  options: VaeTrainerOptions,
  batch: Batch,
  trainStep: number,
): PreparedBatch {
  const { model, seed, losses } = options;
  const grid = latentGrid(model.options, batch.height, batch.width);
  const images = tf.tensor4d(batch.images, [
    batch.size,
    batch.height,
    batch.width,
    3,
  ]);
  const noise = normalTensor(
    seed,
    `vae_noise/${trainStep}`,
    [batch.size, grid.height, grid.width, latentDim(model.options)],
  ) as tf.Tensor4D;
  const klBeta = klWeight(trainStep, losses.klWarmupSteps, losses.klBeta);
  return {
    settings: { kl_beta: klBeta },
    loss: () => vaeLoss(model, { images, noise, klBeta }, losses),
    [Symbol.dispose]: () => tf.dispose([images, noise]),
  };
}

interface VaeInputs {
  /** [N, H, W, 3] in [-1, 1]. */
  readonly images: tf.Tensor4D;
  /** [N, h, w, L] */
  readonly noise: tf.Tensor4D;
  readonly klBeta: number;
}

/** Reconstruction through the sampled latent, the weighted divergence, and colours and contrast near the originals'. */
function vaeLoss(
  model: FluxModel,
  inputs: VaeInputs,
  losses: VaeLossOptions,
): LossTerms {
  const { images, noise, klBeta } = inputs;
  const posterior = encode(model, images);
  const spread = tf.exp(tf.mul(posterior.logVar, 0.5));
  const latent = tf.add(posterior.mean, tf.mul(spread, noise)) as tf.Tensor4D;
  const tokens = latentTokens(model, latent, posterior);
  const [, height, width] = latent.shape;
  const decoded = decode(model, tokens, { height, width }, {
    spade: losses.spade,
  });
  const recon = reconstructionLoss(decoded, images, {
    mse_weight: losses.mseWeight,
  });
  const kl = klDivergence(posterior.mean, posterior.logVar, {
    freeBits: losses.klFreeBits,
  });
  const colours = colourStatisticsLoss(decoded, images);
  const contrast = contrastLoss(decoded, images);
  const weighted = [
    recon,
    tf.mul(kl, klBeta),
    tf.mul(colours, COLOUR_WEIGHT),
    tf.mul(contrast, CONTRAST_WEIGHT),
  ];
  return {
    total: tf.addN(weighted) as tf.Scalar,
    terms: {
      recon_loss: recon,
      kl_loss: kl,
      color_stats: colours,
      contrast_loss: contrast,
      // FluxFlow's name for the same; with a perceptual term the two would differ.
      vae_loss: recon,
      recon_l1: meanError(decoded, images),
    },
  };
}

/** Mean absolute error with colours in 0..1, as the held-out metric has it. */
function meanError(decoded: tf.Tensor4D, images: tf.Tensor4D): tf.Scalar {
  const shown = tf.clipByValue(decoded, -1, 1);
  return tf.mul(tf.mean(tf.abs(tf.sub(shown, images))), 0.5);
}
