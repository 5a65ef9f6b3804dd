// Lion: steps of exactly the rate in every weight, along the sign of a smoothed gradient.
import type { OptimizerEntry } from "./optimizer_options.ts";
import { slotAt, type UpdateRule } from "./update_rule.ts";

/**
 * The rule of type `Lion`.
 *
 * With `decoupled_weight_decay` the shrink per update is lr / first lr times `weight_decay`: at the first rate, `weight_decay` itself. That
 * is FluxFlow's meaning, and a strong one: 0.01 halves a weight in 69 updates. Without it the shrink is lr times `weight_decay`, as in AdamW.
 * Source: Chen et al. 2023.
 */
export function lionRule(entry: OptimizerEntry): UpdateRule {
  const [beta1, beta2] = entry.betas ?? [0.9, 0.95];
  const decay = entry.weight_decay ?? 0.01;
  const decayPerRate = entry.decoupled_weight_decay ?? true
    ? decay / entry.lr
    : decay;
  return {
    slots: ["exp_avg"],
    update({ gradient, weights, slots }, { lr }) {
      const mean = slotAt(slots, 0);
      const keep = 1 - lr * decayPerRate;
      for (let i = 0; i < weights.length; i++) {
        const g = gradient[i] as number;
        const m = mean[i] as number;
        mean[i] = beta2 * m + (1 - beta2) * g;
        weights[i] = (weights[i] as number) * keep -
          lr * Math.sign(beta1 * m + (1 - beta1) * g);
      }
    },
  };
}
