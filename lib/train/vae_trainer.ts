// Trains compressor and expander: reconstruction through the sampled latent, the divergence that keeps it near N(0, 1), and on
// request the verdict of a discriminator.
import { REPAIRS } from "../blueprint/model_options.ts";
import type { Batch } from "../data/batch_stream.ts";
import { klWeight } from "../losses/kl_divergence.ts";
import { type FluxModel, sharpenDiscriminator } from "../models/flux_model.ts";
import { tf } from "../tensor/tf.ts";
import {
  balanceOf,
  magnitudesOf,
  NO_BALANCE,
  signedBalance,
  signedValuesOf,
} from "./loss_balance.ts";
import type { ParameterGroup } from "./parameter_group.ts";
import { batchImages, latentNoise } from "./sampled_latent.ts";
import type {
  PreparedBatch,
  Trainer,
  TrainMoment,
  TrainWindows,
} from "./trainer.ts";
import { type VaeInputs, vaeLoss, type VaeLossOptions } from "./vae_losses.ts";

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
  const { model, losses } = options;
  const { unsignedBalance } = REPAIRS[model.options.variant];
  const remember = unsignedBalance
    ? magnitudesOf
    : (metrics: Readonly<Record<string, number>>) =>
      signedValuesOf(metrics, losses.adversarial ?? 1);
  return {
    groups: options.groups,
    lossMetric: lossMetricOf(losses),
    clippingNorm: options.clippingNorm,
    prepare: (batch, moment, windows) =>
      Promise.resolve(prepare(options, batch, { moment, windows })),
    ...(losses.balanced ? { remember } : {}),
  };
}

function lossMetricOf({ reconstructs, adversarial }: VaeLossOptions): string {
  if (reconstructs) return "vae_loss";
  return adversarial === null ? "kl_loss" : "g_loss";
}

function prepare(
  options: VaeTrainerOptions,
  batch: Batch,
  { moment, windows }: {
    readonly moment: TrainMoment;
    readonly windows: TrainWindows;
  },
): PreparedBatch {
  const { model, seed, losses } = options;
  const images = batchImages(batch);
  const name = `vae_noise/${moment.trainStep}`;
  const noise = latentNoise(model, batch, { seed, name });
  const klBeta = klWeight(moment.update, losses.klWarmupSteps, losses.klBeta);
  if (losses.adversarial !== null) sharpenDiscriminator(model);
  const features = losses.reconstructs
    ? losses.perceptual?.distance.featuresOf(images) ?? null
    : null;
  const { settings, balance } = balancing(options, windows);
  return {
    settings: { kl_beta: klBeta, ...settings },
    loss: () =>
      vaeLoss(model, { images, noise, features, klBeta, balance }, losses),
    [Symbol.dispose]: () => tf.dispose([images, noise, ...(features ?? [])]),
  };
}

/** The weights of a batch's losses: known before it, or, as in FluxFlow, only with its own values. */
function balancing(
  { model, losses }: VaeTrainerOptions,
  windows: TrainWindows,
): {
  readonly settings: Readonly<Record<string, number>>;
  readonly balance: VaeInputs["balance"];
} {
  if (!losses.balanced) return { settings: {}, balance: () => NO_BALANCE };
  if (!REPAIRS[model.options.variant].unsignedBalance) {
    return { settings: {}, balance: (own) => signedBalance(windows, own) };
  }
  const weights = balanceOf(windows);
  return { settings: weights, balance: () => weights };
}
