// What the flags of a train step ask for together.

/** The flags. */
export interface TrainFlags {
  readonly train_vae: boolean;
  readonly gan_training: boolean;
  readonly train_spade: boolean;
  readonly train_diff: boolean;
  readonly train_diff_full: boolean;
}

/**
 * Whether `train_spade` stands alone: the step then trains SPADE's weights in the expander, by reconstruction, and nothing else. Beside
 * another flag it only drives the expander with its context.
 */
export function isSpadeStep(flags: TrainFlags): boolean {
  return flags.train_spade && !flags.train_vae && !flags.gan_training &&
    !flags.train_diff && !flags.train_diff_full;
}

/** Whether pictures are trained to be like their originals. */
export function reconstructs(flags: TrainFlags): boolean {
  return flags.train_vae || isSpadeStep(flags);
}

/** Whether a weight of the expander is one of SPADE's. */
export function isSpadeWeight(name: string): boolean {
  return name.startsWith("expander.") && name.includes(".spade.");
}
