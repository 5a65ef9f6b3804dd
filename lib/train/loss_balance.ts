// Sizes of a trainer's losses over the last batches, and the weights that make them equal.
import {
  adaptiveWeights,
  signedAdaptiveWeights,
} from "../losses/adaptive_weights.ts";
import { meanSoFar } from "../metrics/metric_window.ts";
import { detached } from "../tensor/detached.ts";
import { tf } from "../tensor/tf.ts";
import type { TrainWindows } from "./trainer.ts";
import { REMEMBERED_WINDOW } from "./train_progress.ts";

/** Losses that are balanced, by what their weights are called. */
const BALANCED = {
  weight_recon: "recon_loss",
  weight_kl: "kl_loss",
  weight_gan: "g_loss",
} as const;

/** A weight's name. */
export type WeightName = keyof typeof BALANCED;
/** Weight of each balanced loss, by the name of its metric. */
export type LossWeights = Readonly<Record<WeightName, number>>;
/** The losses of one batch that a step has, as they enter the balance. */
export type BalancedLosses = Readonly<Partial<Record<WeightName, tf.Scalar>>>;

/** Every loss as the step weights it. */
export const NO_BALANCE: LossWeights = {
  weight_recon: 1,
  weight_kl: 1,
  weight_gan: 1,
};

/** What a batch leaves behind for {@linkcode balanceOf}: magnitudes, before the step's own weights, so that these keep their say. */
export function magnitudesOf(
  metrics: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.values(BALANCED).filter((name) => metrics[name] !== undefined)
      .map((
        name,
      ) => [windowName(name), Math.abs(balancedValue(metrics, name))]),
  );
}

/** The weights after the batches so far; 1 before the first one. */
export function balanceOf(windows: TrainWindows): LossWeights {
  const sizes = Object.fromEntries(
    Object.entries(BALANCED).map(([weight, name]) => {
      const window = windows[windowName(name)];
      return [weight, window === undefined ? null : meanSoFar(window)];
    }),
  ) as Record<keyof typeof BALANCED, number | null>;
  return adaptiveWeights(sizes);
}

/** What a batch leaves behind for {@linkcode signedBalance}; `adversarial` is what the verdict is multiplied by. */
export function signedValuesOf(
  metrics: Readonly<Record<string, number>>,
  adversarial: number,
): Record<string, number> {
  return Object.fromEntries(
    Object.values(BALANCED).filter((name) => metrics[name] !== undefined)
      .map((name) => {
        const factor = name === "g_loss" ? adversarial : 1;
        return [signedName(name), factor * balancedValue(metrics, name)];
      }),
  );
}

/** FluxFlow's weights of a batch's losses: constants, from signed averages to which the batch itself belongs. */
export function signedBalance(
  windows: TrainWindows,
  losses: BalancedLosses,
): Partial<Record<WeightName, tf.Scalar>> {
  const names = Object.keys(losses) as WeightName[];
  const averages = names.map((name) => {
    const window = windows[signedName(BALANCED[name])];
    const earlier = (window?.values ?? []).slice(1 - REMEMBERED_WINDOW);
    const sum = earlier.reduce((total, value) => total + value, 0);
    const own = detached(losses[name]!);
    return tf.div(tf.add(own, sum), earlier.length + 1) as tf.Scalar;
  });
  const weights = signedAdaptiveWeights(averages);
  return Object.fromEntries(
    names.map((name, index) => [name, weights[index]!]),
  );
}

/** The reconstruction counts with its perceptual part. */
function balancedValue(
  metrics: Readonly<Record<string, number>>,
  name: string,
): number {
  return name === "recon_loss"
    ? metrics["vae_loss"] ?? metrics[name]!
    : metrics[name]!;
}

/** A window of its own: the metric's may be as short as a transition wants it, and holds signs. */
function windowName(metric: string): string {
  return `${metric}/magnitude`;
}

function signedName(metric: string): string {
  return `${metric}/signed`;
}
