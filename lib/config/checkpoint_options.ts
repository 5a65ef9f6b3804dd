// When a step saves: its own word over that of the file's `checkpoint` section, and `output.checkpoint_save_interval` below both.
import * as v from "valibot";
import {
  CHECKPOINT_OPTIONS,
  type CheckpointOptions,
} from "../catalog/output_section.ts";
import {
  locate,
  type LocatedMap,
  mergeLocated,
  plainValue,
} from "../source/located_tree.ts";
import type { StepDraft } from "./step_drafts.ts";

/** What holds for steps that say nothing. */
export interface CheckpointLayers {
  /** The `checkpoint` section at the top of the file, checked. */
  readonly section: LocatedMap;
  /** Batches, from `output.checkpoint_save_interval`. */
  readonly interval: number;
}

/** The checkpoint options of a draft whose own ones are known to be right. */
export function resolveCheckpoint(
  draft: StepDraft,
  layers: CheckpointLayers,
): CheckpointOptions {
  const own = locate(draft.merged, ["checkpoint"]);
  const merged = own?.kind === "map"
    ? mergeLocated(layers.section, own)
    : layers.section;
  const options = v.parse(CHECKPOINT_OPTIONS, plainValue(merged));
  const hasInterval = options.interval_batches !== null ||
    options.interval_minutes !== null;
  return hasInterval
    ? options
    : { ...options, interval_batches: layers.interval };
}
