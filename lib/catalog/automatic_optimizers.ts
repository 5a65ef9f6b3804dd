// What trains a network that nothing is written for: one optimizer for all in a pipeline, one per network in a legacy file.
import {
  AUTOMATIC_LR,
  AUTOMATIC_OPTIMIZER,
  CONFIGURED_LR,
  type OptimizerType,
} from "./optimizer_options.ts";
import type { OptimizerName } from "./train_step_options.ts";

/** An entry as a file would write it; the schema fills in the rest. */
interface WrittenOptimizer {
  readonly type: OptimizerType;
  readonly [option: string]: unknown;
}

/** Optimizers that a file need not write. */
export interface AutomaticOptimizers {
  /** Without rates: those are the step's. */
  readonly entries: Readonly<Record<OptimizerName, WrittenOptimizer>>;
  /** Whether one is used for each network that the file leaves out, or only where the file writes none at all. */
  readonly fillsGaps: boolean;
  /** Rate of written optimizers where neither they nor the step name one. */
  readonly unnamedRate: number;
  /** Share of the step's rate that the text encoder's optimizer takes where it names none itself. */
  readonly textRateShare: number;
}

/** Of a step in `training.pipeline`: FluxFlow's automatic AdamW. */
export const PIPELINE_OPTIMIZERS: AutomaticOptimizers = {
  entries: {
    vae: AUTOMATIC_OPTIMIZER,
    flow: AUTOMATIC_OPTIMIZER,
    text_encoder: AUTOMATIC_OPTIMIZER,
    discriminator: AUTOMATIC_OPTIMIZER,
  },
  fillsGaps: false,
  unnamedRate: CONFIGURED_LR,
  textRateShare: 1,
};

/**
 * Of a legacy file: FluxFlow's default sets. Its Lion takes 1 % off every weight at every update, whatever the rate; only
 * variant fluxflow repeats that.
 */
export function legacyOptimizers(
  variant: "fluxline" | "fluxflow",
): AutomaticOptimizers {
  return {
    entries: {
      vae: { type: "AdamW", betas: [0.9, 0.95], weight_decay: 0.01 },
      flow: {
        type: "Lion",
        betas: [0.9, 0.95],
        weight_decay: 0.01,
        decoupled_weight_decay: variant === "fluxflow",
      },
      text_encoder: { type: "AdamW", betas: [0.9, 0.99], weight_decay: 0.01 },
      discriminator: {
        type: "AdamW",
        betas: [0, 0.9],
        weight_decay: 0.001,
        amsgrad: true,
      },
    },
    fillsGaps: true,
    unnamedRate: AUTOMATIC_LR,
    textRateShare: 0.1,
  };
}
