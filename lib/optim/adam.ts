// Adam and AdamW: steps of the size of the rate, along a smoothed gradient over its smoothed magnitude.
import type { AdamNumbers } from "../tensor/fused_kernel.ts";
import type { OptimizerEntry } from "./optimizer_options.ts";
import {
  slotAt,
  type UpdateNumbers,
  type UpdateRule,
  type UpdateStep,
} from "./update_rule.ts";

interface AdamSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly decay: number;
  readonly isDecoupled: boolean;
  readonly isAmsgrad: boolean;
}

/**
 * The rule of types `Adam` (decay joins the gradient) and `AdamW` (decay shrinks the weights).
 * Source: Kingma and Ba 2015; Loshchilov and Hutter 2019; Reddi et al. 2018 for amsgrad; order of operations as in PyTorch.
 */
export function adamRule(entry: OptimizerEntry): UpdateRule {
  const [beta1, beta2] = entry.betas ?? [0.9, 0.999];
  const settings: AdamSettings = {
    beta1,
    beta2,
    eps: entry.eps ?? 1e-8,
    decay: entry.weight_decay ?? 0,
    isDecoupled: entry.type === "AdamW",
    isAmsgrad: entry.amsgrad ?? false,
  };
  const slots = ["exp_avg", "exp_avg_sq"];
  return {
    slots: settings.isAmsgrad ? [...slots, "max_exp_avg_sq"] : slots,
    update: (numbers, step) => updateAdam(numbers, step, settings),
    ...(settings.isAmsgrad
      ? {}
      : { fused: (step: UpdateStep) => adamNumbers(step, settings) }),
  };
}

function adamNumbers(
  { lr, count }: UpdateStep,
  { beta1, beta2, eps, decay, isDecoupled }: AdamSettings,
): AdamNumbers {
  return {
    beta1,
    beta2,
    eps,
    keep: isDecoupled ? 1 - lr * decay : 1,
    pull: isDecoupled ? 0 : decay,
    stepSize: lr / (1 - beta1 ** count),
    rootCorrection: Math.sqrt(1 - beta2 ** count),
  };
}

function updateAdam(
  numbers: UpdateNumbers,
  step: UpdateStep,
  settings: AdamSettings,
): void {
  const { gradient, weights } = numbers;
  const { beta1, beta2, eps, keep, pull, stepSize, rootCorrection } =
    adamNumbers(step, settings);
  const mean = slotAt(numbers.slots, 0);
  const square = slotAt(numbers.slots, 1);
  const largest = settings.isAmsgrad ? slotAt(numbers.slots, 2) : null;
  for (let i = 0; i < weights.length; i++) {
    const w = weights[i] as number;
    const g = gradient[i] as number + pull * w;
    const m = beta1 * (mean[i] as number) + (1 - beta1) * g;
    const v = beta2 * (square[i] as number) + (1 - beta2) * g * g;
    mean[i] = m;
    square[i] = v;
    let scale = v;
    if (largest !== null) {
      scale = Math.max(largest[i] as number, v);
      largest[i] = scale;
    }
    weights[i] = w * keep -
      stepSize * m / (Math.sqrt(scale) / rootCorrection + eps);
  }
}
