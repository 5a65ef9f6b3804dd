// The event file of a step, written when an attempt ends. It is derived from the records: no failure to write it is the step's.
import type { PlannedStep } from "../plan/plan.ts";
import type { RunObserver } from "./run_notice.ts";

/** Writes the event file; the observer is told where that cannot be done. */
export async function keepEventFile(
  step: PlannedStep,
  observe: RunObserver,
): Promise<void> {
  try {
    // Only now: a run starts without waiting for what writes protobuf.
    const { writeStepEvents } = await import("../report/step_events.ts");
    await writeStepEvents(step.request.folder);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const text = `Cannot write the event file for TensorBoard: ${why}`;
    observe({ kind: "step_log", step, level: "warning", text });
  }
}
