// Adagrad and Adadelta: a rate per weight from all, or from recent, squared gradients.
import type { OptimizerEntry } from "./optimizer_options.ts";
import { slotAt, type UpdateRule } from "./update_rule.ts";

/**
 * The rule of type `Adagrad`, whose accumulator starts at `initial_accumulator_value`.
 * Source: Duchi et al. 2011; order of operations as in PyTorch.
 */
export function adagradRule(entry: OptimizerEntry): UpdateRule {
  const lrDecay = entry.lr_decay ?? 0;
  const decay = entry.weight_decay ?? 0;
  const eps = entry.eps ?? 1e-10;
  return {
    slots: ["sum"],
    slotStart: entry.initial_accumulator_value ?? 0,
    update(
      { gradient, weights, slots },
      { lr, count },
    ) {
      const sum = slotAt(slots, 0);
      const rate = lr / (1 + (count - 1) * lrDecay);
      for (let i = 0; i < weights.length; i++) {
        const w = weights[i] as number;
        const g = gradient[i] as number + decay * w;
        const s = sum[i] as number + g * g;
        sum[i] = s;
        weights[i] = w - rate * g / (Math.sqrt(s) + eps);
      }
    },
  };
}

/**
 * The rule of type `Adadelta`.
 * Source: Zeiler 2012; order of operations as in PyTorch, which multiplies the move by the rate.
 */
export function adadeltaRule(entry: OptimizerEntry): UpdateRule {
  const rho = entry.rho ?? 0.9;
  const decay = entry.weight_decay ?? 0;
  const eps = entry.eps ?? 1e-6;
  return {
    slots: ["square_avg", "acc_delta"],
    update({ gradient, weights, slots }, { lr }) {
      const square = slotAt(slots, 0);
      const moved = slotAt(slots, 1);
      for (let i = 0; i < weights.length; i++) {
        const w = weights[i] as number;
        const g = gradient[i] as number + decay * w;
        const s = rho * (square[i] as number) + (1 - rho) * g * g;
        const d = moved[i] as number;
        const move = Math.sqrt(d + eps) / Math.sqrt(s + eps) * g;
        square[i] = s;
        moved[i] = rho * d + (1 - rho) * move * move;
        weights[i] = w - lr * move;
      }
    },
  };
}
