// The state of a train step that never ran, as far as checkpoints look at it.
import type { CheckpointContent } from "../../lib/checkpoint/save_checkpoint.ts";
import { sha256Hex } from "../../lib/disk/digest.ts";

/** The state after `globalStep` batches. */
export function madeState(globalStep: number): CheckpointContent["state"] {
  return {
    version: 1,
    global_step: globalStep,
    step_epoch: 0,
    batch: globalStep,
    variant: "fluxline",
    key: "0123456789abcdef",
    ...{ optimizers: {}, schedulers: {}, sampler: {} },
    metrics: { path: "metrics.jsonl", bytes: 0, sha256: sha256Hex("") },
  } as unknown as CheckpointContent["state"];
}
