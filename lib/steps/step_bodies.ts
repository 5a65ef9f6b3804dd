// Which body runs which task. Each is imported only when needed, so that a script step never loads tensors.
import type { TaskName } from "../store/step_request.ts";
import type { StepBody } from "./step_context.ts";

const BODIES: Readonly<Partial<Record<TaskName, () => Promise<StepBody>>>> = {
  script: async () => (await import("./script.ts")).scriptBody,
};

/** Loads the body of a task. */
export async function loadStepBody(task: TaskName): Promise<StepBody> {
  const load = BODIES[task];
  if (load === undefined) throw new TypeError(`No body for task "${task}"`);
  return await load();
}
