// What the body of a step works with, inside the step's own process.
import type { StepRequest } from "../store/step_request.ts";
import type { ProgressUpdate, StepResult } from "../worker/step_message.ts";

export type { ProgressUpdate, StepResult } from "../worker/step_message.ts";

/** The only way for a step's body to reach the outside, beside its own folder. */
export interface StepContext {
  readonly request: StepRequest;
  /** Absolute; writable except `request.json`, `complete.json` and `attempts/`. */
  readonly folder: string;
  /** Needed step name to its absolute folder, readable. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Environment variable to the token in it; for the hosts of the step's datasets alone. */
  readonly secrets: Readonly<Record<string, string>>;
  /**
   * Aborted when a stop is asked for or the parent process is gone: finish the batch, save, return outcome `stopped`.
   * It is seen only by a body that returns to the event loop between batches.
   */
  readonly signal: AbortSignal;
  /** Whether somebody has asked, since the last call, to save and go on. */
  takeCheckpointWish(): boolean;
  /** One line of text for the terminal and the attempt's log. */
  log(text: string, level?: "info" | "warning"): void;
  progress(update: ProgressUpdate): void;
  /** Names a picture in `folder` as soon as it is written; the summary shows its path. */
  picture(path: string): void;
  /** Tells that a checkpoint stands. */
  saved(): void;
}

/**
 * The work of one kind of step.
 *
 * @throws Failure subclasses for what a user can act on; anything else counts as a defect and exits with 1
 */
export type StepBody = (context: StepContext) => Promise<StepResult>;
