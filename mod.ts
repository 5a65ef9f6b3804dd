/**
 * fluxline as a library: what the command line does, a script can do, with the same behaviour.
 *
 * ```ts
 * import { load, plan, run } from "./mod.ts";
 *
 * const pipeline = await load("pipelines/quick.yaml", { set: ["seed=2"] });
 * const { text } = await plan(pipeline);
 * const { outcome, steps } = await run(pipeline);
 * ```
 *
 * A task module for a script step needs {@linkcode defineTask} alone.
 *
 * @module
 */
export {
  load,
  type LoadedPipeline,
  type LoadOptions,
  type PipelinePlan,
  plan,
  type PlanOptions,
  type PlanStep,
  run,
  type RunOptions,
  type RunProgress,
  type RunResult,
  type StepResult,
} from "./lib/runner/library.ts";
export {
  defineTask,
  type Task,
  type TaskContext,
  type TaskResult,
} from "./lib/worker/task.ts";
export { EXIT_CODE, type ExitCode } from "./lib/error/exit_code.ts";
export {
  Failure,
  type FailureOptions,
  StepFailure,
} from "./lib/error/failure.ts";
