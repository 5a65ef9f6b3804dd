// What a step's process says about itself: progress while it runs and its result at the end.
import type { TrainedAmount } from "../catalog/trained_amount.ts";

/** One report of how far a step is. */
export interface ProgressUpdate {
  /** What the step does now: `train`, `evaluate`, `sample`, `render`. */
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  /** `current` counts from 1. */
  readonly epoch?: { readonly current: number; readonly total: number };
  readonly metrics?: Readonly<Record<string, number>>;
}

/** How a step ended. Failures are thrown, so they have no place here. */
export interface StepResult {
  /** `stopped` means: asked to stop, state saved, the same command continues. */
  readonly outcome: "done" | "stopped";
  readonly metrics: Readonly<Record<string, number>>;
  readonly epochs?: number;
  /** One sentence for the summary table, such as the verdict of a comparison. */
  readonly summary?: string;
  /** Of a train step. */
  readonly trained?: TrainedAmount;
  /** Files in the step's own folder that a person should look at. */
  readonly pictures?: readonly string[];
}
