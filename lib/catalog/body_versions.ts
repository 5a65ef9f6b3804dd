// Versions of what the steps do. Raise one when its task computes something else from the same options: steps of that task are then redone.
import type { Task } from "./step_options.ts";

/** Part of every step's key. */
export const BODY_VERSIONS: Readonly<Record<Task, number>> = {
  // 2: the histogram term; 3: the gradient of SPADE's context.
  train: 3,
  evaluate: 1,
  compare: 1,
  generate: 1,
  script: 1,
};

/** Part of the keys of steps that read captions, for the same purpose. 2: the norms have DistilBERT's epsilon. */
export const TEXT_ENCODER_VERSION = 2;
