// The terms of a VAE's loss, and how they are weighted.
import { generatorHinge } from "../losses/adversarial.ts";
import { countedHistogramLoss, histogramLoss } from "../losses/histogram.ts";
import {
  colourStatisticsLoss,
  contrastLoss,
} from "../losses/image_statistics.ts";
import { klDivergence } from "../losses/kl_divergence.ts";
import { reconstructionLoss } from "../losses/reconstruction.ts";
import { REPAIRS } from "../blueprint/model_options.ts";
import {
  decode,
  type FluxModel,
  type Grid,
  judgePictures,
} from "../models/flux_model.ts";
import type {
  PerceptualDistance,
  PerceptualFeatures,
} from "../models/perceptual_distance.ts";
import { detached } from "../tensor/detached.ts";
import { tf } from "../tensor/tf.ts";
import type { BalancedLosses, WeightName } from "./loss_balance.ts";
import { judgingContext, sampleLatent } from "./sampled_latent.ts";
import type { LossTerms } from "./trainer.ts";

/** FluxFlow's weights of the terms that keep pictures from fading; they are no options there either. */
const COLOUR_WEIGHT = 0.05;
const HISTOGRAM_WEIGHT = 0.02;
const CONTRAST_WEIGHT = 0.1;

/** Settings of the VAE's losses. */
export interface VaeLossOptions {
  /** Whether the expander sees its context. */
  readonly spade: boolean;
  /** False where nothing but the divergence and a discriminator's verdict trains the pictures. */
  readonly reconstructs: boolean;
  readonly mseWeight: number;
  readonly klBeta: number;
  /** Updates of this step over which the weight of the divergence rises. */
  readonly klWarmupSteps: number;
  /** Nats per element below which the divergence is not pushed. */
  readonly klFreeBits: number;
  /** Weight of the discriminator's verdict; null where the step has no discriminator. */
  readonly adversarial: number | null;
  /** The perceptual term of the reconstruction; null where the step has none. It stays the caller's. */
  readonly perceptual: {
    readonly weight: number;
    readonly distance: PerceptualDistance;
  } | null;
  /** Whether reconstruction, divergence and verdict are brought to one size before the weights above. */
  readonly balanced: boolean;
}

/** What the loss of one batch is computed from. */
export interface VaeInputs {
  /** [N, H, W, 3] in [-1, 1]. */
  readonly images: tf.Tensor4D;
  /** [N, h, w, L] */
  readonly noise: tf.Tensor4D;
  /** Features of `images`; null without a perceptual term. */
  readonly features: PerceptualFeatures | null;
  readonly klBeta: number;
  /** Factors that bring the losses to one size; a scalar is told among the terms. */
  readonly balance: (
    losses: BalancedLosses,
  ) => Partial<Record<WeightName, number | tf.Scalar>>;
}

/** The loss of one batch with its terms. */
export function vaeLoss(
  model: FluxModel,
  inputs: VaeInputs,
  losses: VaeLossOptions,
): LossTerms {
  const { images, noise, klBeta } = inputs;
  const { posterior, tokens, grid } = sampleLatent(model, images, noise);
  const decoded = decode(model, tokens, grid, { spade: losses.spade });
  const picture = losses.reconstructs
    ? pictureTerms(model, decoded, inputs, losses)
    : null;
  const kl = klDivergence(posterior.mean, posterior.logVar, {
    freeBits: losses.klFreeBits,
  });
  const verdict = losses.adversarial === null
    ? null
    : verdictTerm(model, { decoded, tokens, grid }, losses);
  const weightOf = (name: WeightName) => weights[name] ?? 1;
  const weights = inputs.balance({
    ...(picture === null ? {} : { weight_recon: picture.vae_loss }),
    weight_kl: kl,
    ...(verdict === null
      ? {}
      : { weight_gan: tf.mul(verdict, losses.adversarial!) as tf.Scalar }),
  });
  const weighted = [
    ...(picture === null
      ? []
      : [tf.mul(picture.vae_loss, weightOf("weight_recon"))]),
    tf.mul(tf.mul(kl, klBeta), weightOf("weight_kl")),
    ...(picture === null ? [] : [
      tf.mul(picture.color_stats, COLOUR_WEIGHT),
      tf.mul(picture.hist_loss, HISTOGRAM_WEIGHT),
      tf.mul(picture.contrast_loss, CONTRAST_WEIGHT),
    ]),
    ...(verdict === null ? [] : [
      tf.mul(tf.mul(verdict, losses.adversarial!), weightOf("weight_gan")),
    ]),
  ];
  return {
    total: tf.addN(weighted) as tf.Scalar,
    terms: {
      ...picture,
      kl_loss: kl,
      ...(verdict === null ? {} : { g_loss: verdict }),
      ...tensorsOf(weights),
      recon_l1: meanError(decoded, images),
    },
  };
}

/** Terms of a step that trains to reconstruct, by metric name. */
type PictureTerms = Readonly<
  Record<
    "recon_loss" | "vae_loss" | "color_stats" | "hist_loss" | "contrast_loss",
    tf.Scalar
  > & { lpips_loss?: tf.Scalar }
>;

/** How far decoded pictures are from their originals, and their colours and contrast. */
function pictureTerms(
  { options }: FluxModel,
  decoded: tf.Tensor4D,
  { images, features }: VaeInputs,
  { mseWeight, perceptual }: VaeLossOptions,
): PictureTerms {
  const recon_loss = reconstructionLoss(decoded, images, {
    mse_weight: mseWeight,
  });
  const histogram = REPAIRS[options.variant].softHistogram
    ? histogramLoss
    : countedHistogramLoss;
  const statistics = {
    color_stats: colourStatisticsLoss(decoded, images),
    hist_loss: histogram(decoded, images),
    contrast_loss: contrastLoss(decoded, images),
  };
  if (perceptual === null || features === null) {
    return { recon_loss, ...statistics, vae_loss: recon_loss };
  }
  const lpips_loss = perceptual.distance.to(decoded, features);
  const vae_loss: tf.Scalar = tf.add(
    recon_loss,
    tf.mul(lpips_loss, perceptual.weight),
  );
  return { recon_loss, lpips_loss, ...statistics, vae_loss };
}

/**
 * What the discriminator makes of decoded pictures. A shared picture takes the gradient to the compressor too; its context is held,
 * since a compressor must not learn to pass a picture off by what it says about it.
 */
function verdictTerm(
  model: FluxModel,
  { decoded, tokens, grid }: {
    readonly decoded: tf.Tensor4D;
    readonly tokens: tf.Tensor3D;
    readonly grid: Grid;
  },
  { reconstructs, spade }: VaeLossOptions,
): tf.Scalar {
  if (REPAIRS[model.options.variant].sharedPicture) {
    const context = judgingContext(detached(tokens));
    return generatorHinge(judgePictures(model, decoded, context));
  }
  const judged = reconstructs ? detached(tokens) : tokens;
  const pictures = reconstructs
    ? decode(model, judged, grid, { spade })
    : decoded;
  return generatorHinge(judgePictures(model, pictures, judgingContext(judged)));
}

function tensorsOf(
  weights: Partial<Record<WeightName, number | tf.Scalar>>,
): Record<string, tf.Scalar> {
  return Object.fromEntries(
    Object.entries(weights).filter((entry): entry is [string, tf.Scalar] =>
      typeof entry[1] !== "number"
    ),
  );
}

/** Mean absolute error with colours in 0..1, as the held-out metric has it. */
function meanError(decoded: tf.Tensor4D, images: tf.Tensor4D): tf.Scalar {
  const shown = tf.clipByValue(decoded, -1, 1);
  return tf.mul(tf.mean(tf.abs(tf.sub(shown, images))), 0.5);
}
