// The event file of a step, kept up at its checkpoints and written anew when an attempt ends. It is derived from the records:
// no failure to write it is the step's.
import type { PlannedStep } from "../plan/plan.ts";
import type { GrowingEvents } from "../report/step_events.ts";
import type { StoredResult } from "../store/marker.ts";
import type { RunObserver } from "./run_notice.ts";

/** Writes the event file; `result` is null where the step has not finished. The observer is told where that cannot be done. */
export async function keepEventFile(
  step: PlannedStep,
  result: StoredResult | null,
  observe: RunObserver,
): Promise<void> {
  try {
    // Only now: a run starts without waiting for what writes protobuf.
    const { writeStepEvents } = await import("../report/step_events.ts");
    await writeStepEvents(step.request.folder, result);
  } catch (error) {
    tellFailure(step, error, observe);
  }
}

/** Keeps the event file of a step at work, so that whoever looks on sees how far it is. */
export class LiveEventFile {
  readonly #step: PlannedStep;
  readonly #observe: RunObserver;
  #events: GrowingEvents | null = null;
  #work: Promise<void> = Promise.resolve();
  #hasFailed = false;

  constructor(step: PlannedStep, observe: RunObserver) {
    this.#step = step;
    this.#observe = observe;
  }

  /** Asks for what was written down up to now. */
  update(): void {
    this.#work = this.#work.then(() => this.#append());
  }

  /** Resolves when all that was asked for is written. */
  settled(): Promise<void> {
    return this.#work;
  }

  async #append(): Promise<void> {
    if (this.#hasFailed) return;
    try {
      const { GrowingEvents } = await import("../report/step_events.ts");
      this.#events ??= new GrowingEvents(this.#step.request.folder);
      await this.#events.update();
    } catch (error) {
      // Once: the file is made anew at the attempt's end.
      this.#hasFailed = true;
      tellFailure(this.#step, error, this.#observe);
    }
  }
}

function tellFailure(
  step: PlannedStep,
  error: unknown,
  observe: RunObserver,
): void {
  const why = error instanceof Error ? error.message : String(error);
  const text = `Cannot write the event file for TensorBoard: ${why}`;
  observe({ kind: "step_log", step, level: "warning", text });
}
