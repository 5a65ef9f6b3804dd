// Stochastic gradient descent with momentum, and RMSprop, which adds a scale per weight to it.
import type { OptimizerEntry } from "./optimizer_options.ts";
import { slotAt, type UpdateNumbers, type UpdateRule } from "./update_rule.ts";

/**
 * The rule of type `SGD`. The first update's momentum is the whole gradient, dampening or not, as in PyTorch.
 * Source: Sutskever et al. 2013; order of operations as in PyTorch.
 */
export function sgdRule(entry: OptimizerEntry): UpdateRule {
  const momentum = entry.momentum ?? 0;
  const decay = entry.weight_decay ?? 0;
  const dampening = entry.dampening ?? 0;
  const isNesterov = entry.nesterov ?? false;
  if (momentum === 0) {
    return {
      slots: [],
      update: (numbers, { lr }) => plainDescent(numbers, lr, decay),
    };
  }
  return {
    slots: ["momentum_buffer"],
    update({ gradient, weights, slots }, { lr, count }) {
      const buffer = slotAt(slots, 0);
      const share = count === 1 ? 1 : 1 - dampening;
      for (let i = 0; i < weights.length; i++) {
        const w = weights[i] as number;
        const g = gradient[i] as number + decay * w;
        const b = momentum * (buffer[i] as number) + share * g;
        buffer[i] = b;
        weights[i] = w - lr * (isNesterov ? g + momentum * b : b);
      }
    },
  };
}

/**
 * The rule of type `RMSprop`, with momentum and `centered`.
 * Source: Hinton's lecture 6e; Graves 2013 for the centered form; order of operations as in PyTorch, except that rounding cannot make the
 * centered variance negative (PyTorch then yields NaN).
 */
export function rmspropRule(entry: OptimizerEntry): UpdateRule {
  const alpha = entry.alpha ?? 0.99;
  const eps = entry.eps ?? 1e-8;
  const decay = entry.weight_decay ?? 0;
  const momentum = entry.momentum ?? 0;
  const isCentered = entry.centered ?? false;
  const slots = ["square_avg"];
  if (momentum > 0) slots.push("momentum_buffer");
  if (isCentered) slots.push("grad_avg");
  return {
    slots,
    update({ gradient, weights, slots }, { lr }) {
      const square = slotAt(slots, 0);
      const buffer = momentum > 0 ? slotAt(slots, 1) : null;
      const mean = isCentered ? slotAt(slots, slots.length - 1) : null;
      for (let i = 0; i < weights.length; i++) {
        const w = weights[i] as number;
        const g = gradient[i] as number + decay * w;
        const s = alpha * (square[i] as number) + (1 - alpha) * g * g;
        square[i] = s;
        let variance = s;
        if (mean !== null) {
          const m = alpha * (mean[i] as number) + (1 - alpha) * g;
          mean[i] = m;
          variance = Math.max(0, s - m * m);
        }
        let move = g / (Math.sqrt(variance) + eps);
        if (buffer !== null) {
          move += momentum * (buffer[i] as number);
          buffer[i] = move;
        }
        weights[i] = w - lr * move;
      }
    },
  };
}

function plainDescent(
  { gradient, weights }: UpdateNumbers,
  lr: number,
  decay: number,
): void {
  for (let i = 0; i < weights.length; i++) {
    const w = weights[i] as number;
    weights[i] = w - lr * (gradient[i] as number + decay * w);
  }
}
