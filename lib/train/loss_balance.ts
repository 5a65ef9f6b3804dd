// Sizes of a trainer's losses over the last batches, and the weights that make them equal.
import { adaptiveWeights } from "../losses/adaptive_weights.ts";
import { meanSoFar } from "../metrics/metric_window.ts";
import type { TrainWindows } from "./trainer.ts";

/** Losses that are balanced, by what their weights are called. */
export const BALANCED = {
  weight_recon: "recon_loss",
  weight_kl: "kl_loss",
  weight_gan: "g_loss",
} as const;

/** Weight of each balanced loss, by the name of its metric. */
export type LossWeights = Readonly<Record<keyof typeof BALANCED, number>>;

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
      .map((name) => [windowName(name), Math.abs(metrics[name]!)]),
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

/** A window of its own: the metric's may be as short as a transition wants it, and holds signs. */
function windowName(metric: string): string {
  return `${metric}/magnitude`;
}
