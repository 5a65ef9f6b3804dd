// Every metric that a step can record, in one place: its name, which way is better, and what it means.

/** Which way a metric improves; null where neither way is better. */
export type MetricDirection = "lower" | "higher" | null;

/** One word of the vocabulary. */
export interface MetricWord {
  readonly name: string;
  readonly direction: MetricDirection;
  readonly meaning: string;
  /** Other names that FluxFlow accepts for it. */
  readonly aliases?: readonly string[];
}

/** Metrics of training batches. Learning rates are recorded apart, by optimizer name. */
const TRAINING_METRICS: readonly MetricWord[] = [
  {
    name: "loss",
    direction: "lower",
    meaning: "Weighted sum of all terms that were trained on",
  },
  {
    name: "vae_loss",
    direction: "lower",
    meaning:
      "Reconstruction with its squared error and perceptual part, without the divergence",
    aliases: ["vae"],
  },
  {
    name: "recon_loss",
    direction: "lower",
    meaning: "Reconstruction: error weighted by frequency, plus squared error",
    aliases: ["recon"],
  },
  {
    name: "kl_loss",
    direction: "lower",
    meaning:
      "Divergence of the latent from a normal distribution, before its weight",
    aliases: ["kl"],
  },
  {
    name: "kl_beta",
    direction: null,
    meaning: "Weight of the divergence in force",
  },
  {
    name: "d_loss",
    direction: null,
    meaning: "Hinge loss of the discriminator",
    aliases: ["discriminator"],
  },
  {
    name: "g_loss",
    direction: "lower",
    meaning: "Adversarial loss of the expander",
    aliases: ["generator"],
  },
  {
    name: "r1_penalty",
    direction: null,
    meaning:
      "Squared gradient of the discriminator's verdict on real pictures, before its weight",
  },
  {
    name: "weight_recon",
    direction: null,
    meaning: "Adaptive weight of the reconstruction in force",
  },
  {
    name: "weight_kl",
    direction: null,
    meaning: "Adaptive weight of the divergence in force",
  },
  {
    name: "weight_gan",
    direction: null,
    meaning: "Adaptive weight of the adversarial loss in force",
  },
  {
    name: "lpips_loss",
    direction: "lower",
    meaning: "Perceptual distance of pictures",
    aliases: ["lpips"],
  },
  {
    name: "color_stats",
    direction: "lower",
    meaning: "Distance of colour statistics",
  },
  {
    name: "hist_loss",
    direction: "lower",
    meaning: "Distance of colour histograms",
  },
  {
    name: "contrast_loss",
    direction: "lower",
    meaning: "Distance of contrast",
  },
  {
    name: "flow_loss",
    direction: "lower",
    meaning: "Mean squared error of the predicted velocity",
    aliases: ["flow"],
  },
  {
    name: "align_loss",
    direction: "lower",
    meaning: "Distance of the flow from the text",
  },
  {
    name: "grad_norm_vae",
    direction: null,
    meaning: "Gradient norm of compressor and expander before clipping",
  },
  {
    name: "grad_norm_flow",
    direction: null,
    meaning: "Gradient norm of the flow before clipping",
  },
  {
    name: "grad_norm_text_encoder",
    direction: null,
    meaning: "Gradient norm of the text encoder before clipping",
  },
  {
    name: "grad_norm_discriminator",
    direction: null,
    meaning: "Gradient norm of the discriminator before clipping",
  },
  {
    name: "skipped_updates",
    direction: "lower",
    meaning: "Updates left out because a number was not finite",
  },
  {
    name: "corrupt_samples",
    direction: null,
    meaning: "Samples left out so far because they cannot be used",
  },
];

/** Metrics of whole pictures, decoded from the latent mean. With `val_` in front they are of held-out pictures. */
const PICTURE_METRICS: readonly MetricWord[] = [
  {
    name: "recon_l1",
    direction: "lower",
    meaning: "Mean absolute error of decoded pictures, values in [0, 1]",
  },
  {
    name: "psnr",
    direction: "higher",
    meaning: "Peak signal-to-noise ratio of decoded pictures, in decibels",
  },
  {
    name: "ssim",
    direction: "higher",
    meaning: "Structural similarity of decoded pictures, at most 1",
  },
];

/** What a held-out set can be measured by besides pictures. */
const HELD_OUT_LOSSES = [
  "loss",
  "vae_loss",
  "recon_loss",
  "kl_loss",
  "flow_loss",
];

/** The whole vocabulary; names are unique, aliases included. */
export const METRICS: readonly MetricWord[] = [
  ...TRAINING_METRICS,
  ...PICTURE_METRICS,
  ...[
    ...TRAINING_METRICS.filter(({ name }) => HELD_OUT_LOSSES.includes(name)),
    ...PICTURE_METRICS,
  ].map(heldOut),
];

/** The word that `name` is the name or an alias of, or null. */
export function findMetric(name: string): MetricWord | null {
  return METRICS.find((word) =>
    word.name === name || word.aliases?.includes(name)
  ) ?? null;
}

function heldOut(word: MetricWord): MetricWord {
  return {
    name: `val_${word.name}`,
    direction: word.direction,
    meaning: `${word.meaning}; of held-out examples`,
  };
}
