/**
 * fluxline as a library: what the command line does, a script can do, with the same behaviour.
 *
 * ```ts
 * import { loadPipeline, planPipeline, runPipeline } from "./mod.ts";
 *
 * const loaded = await loadPipeline("pipelines/quick.yaml");
 * if (!loaded.ok) throw new Error(loaded.diagnostics[0]?.message);
 * const plan = await planPipeline(loaded.value, { runsDir: "runs" });
 * const summary = await runPipeline(loaded.value, { runsDir: "runs" });
 * ```
 *
 * A task module for a script step needs {@linkcode defineTask} alone.
 *
 * @module
 */
export { loadPipeline } from "./lib/config/load_pipeline.ts";
export { type Pipeline } from "./lib/catalog/pipeline.ts";
export {
  type Checked,
  type Diagnostic,
  renderDiagnostics,
} from "./lib/source/diagnostic.ts";
export {
  type Plan,
  type PlannedStep,
  type PlanOptions,
  planPipeline,
} from "./lib/plan/plan.ts";
export { planToJson } from "./lib/plan/plan_json.ts";
export { renderPlan } from "./lib/plan/render_plan.ts";
export { type RunOptions, runPipeline } from "./lib/runner/runner.ts";
export { type RunSummary, type StepSummary } from "./lib/runner/run_summary.ts";
export { type RunNotice } from "./lib/runner/run_notice.ts";
export { StopControl } from "./lib/runner/stop_control.ts";
export {
  defineTask,
  type Task,
  type TaskContext,
  type TaskResult,
} from "./lib/worker/task.ts";
export { Failure, StepFailure } from "./lib/error/failure.ts";
