// Which body runs which task. Each is imported only when needed.
import type { Task } from "../catalog/pipeline.ts";
import type { StepBody } from "./step_context.ts";

const BODIES: Readonly<Record<Task, () => Promise<StepBody>>> = {
  train: async () => (await import("./train.ts")).trainBody,
  evaluate: async () => (await import("./evaluate.ts")).evaluateBody,
  compare: async () => (await import("./compare.ts")).compareBody,
  generate: async () => (await import("./generate.ts")).generateBody,
  script: async () => (await import("./script.ts")).scriptBody,
};

/** Loads the body of a task. */
export function loadStepBody(task: Task): Promise<StepBody> {
  return BODIES[task]();
}
