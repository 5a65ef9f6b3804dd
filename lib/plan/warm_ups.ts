// Warm-ups against the updates that the steps of a plan really make, data, `max_steps` and accumulation included.
import type { Pipeline } from "../catalog/pipeline.ts";
import { PipelineRefused } from "../config/pipeline_refused.ts";
import { newReport } from "../config/report.ts";
import { checkWarmUps } from "../config/warm_up_checks.ts";
import type { PlannedStep } from "./plan.ts";

/**
 * Refuses warm-ups that are as long as their step, all of them at once. Steps whose data are not made are passed over: nobody knows how
 * long they are.
 *
 * @throws {PipelineRefused}
 */
export function refuseLongWarmUps(
  { file, sources }: Pipeline,
  planned: readonly PlannedStep[],
): void {
  const report = newReport();
  for (const { step, action, request } of planned) {
    const updates = request.plan.trainSteps;
    if (step.task !== "train" || action === "reuse" || updates === null) {
      continue;
    }
    const { merged } = sources.steps[step.name]!;
    checkWarmUps(step, { updates, merged }, report);
  }
  if (report.failed) throw new PipelineRefused(file, report.findings());
}
