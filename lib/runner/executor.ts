// Where steps run. The runner decides which step comes next; an executor takes steps, tells when they end, and brings the results.
import type { PlannedStep } from "../plan/plan.ts";
import type { StepSummary } from "./run_summary.ts";

/** A step that an executor has taken. */
export interface StepTicket {
  readonly step: PlannedStep;
  /** What the executor calls it, such as the number of a job; null where it has no name of its own. */
  readonly place: string | null;
  /** False where an earlier process had handed the step over already. */
  readonly isNew: boolean;
}

/** How a step is ended: with its state saved, or at once. */
export type CancelWish = "save" | "now";

/** A place where steps run. */
export interface Executor {
  /**
   * Looks whether every one of `steps` can ever run here. Starts nothing.
   *
   * @throws RefusedError that names all that cannot
   */
  prepare(steps: readonly PlannedStep[]): Promise<void>;
  /** Takes steps, in this order; what it has already taken, also in another process, is not taken twice. */
  submit(steps: readonly PlannedStep[]): Promise<readonly StepTicket[]>;
  /** Resolves when the step is over, however it ended. */
  watch(ticket: StepTicket): Promise<void>;
  /** How a step that is over ended. Failures are part of the answer. */
  collect(ticket: StepTicket): Promise<StepSummary>;
}

/** An executor whose steps end with the runner, which hands each over when what it needs is finished and there is room for it. */
export interface DrivenExecutor extends Executor {
  /** Whether there is room for a step beside those in `beside`. */
  fits(step: PlannedStep, beside: readonly PlannedStep[]): boolean;
  /** Told, whenever steps were submitted, which ones are likely to follow, so that it may get ready for them. */
  expect(steps: readonly PlannedStep[]): void;
  /** Asks for the end of a step; {@linkcode watch} tells when it is there. */
  cancel(ticket: StepTicket, wish: CancelWish): Promise<void>;
}
