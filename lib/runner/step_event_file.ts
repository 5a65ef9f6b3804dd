// The event file of a step, written when an attempt ends. It is derived from the records: no failure to write it is the step's.
import type { PlannedStep } from "../plan/plan.ts";
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
    const why = error instanceof Error ? error.message : String(error);
    const text = `Cannot write the event file for TensorBoard: ${why}`;
    observe({ kind: "step_log", step, level: "warning", text });
  }
}
