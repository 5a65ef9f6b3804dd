// The sizes of pictures that a discriminator judges, as the pictures themselves tell them before anything starts.
import type { Pipeline } from "../catalog/pipeline.ts";
import { judgeFault } from "../catalog/picture_size.ts";
import { PipelineRefused } from "../config/pipeline_refused.ts";
import { newReport } from "../config/report.ts";
import { bucketsOf } from "../data/batch_order.ts";
import { placeOf } from "../source/located_tree.ts";
import type { PlannedStep } from "./plan.ts";
import type { PlanDatasets } from "./plan_datasets.ts";

/**
 * Refuses pictures that are too small for the discriminator of a step, all of them at once. Steps whose data are not made are passed
 * over: they look when they start.
 *
 * @throws {PipelineRefused}
 */
export async function refuseSmallPictures(
  { file, model, sources }: Pipeline,
  planned: readonly PlannedStep[],
  datasets: PlanDatasets,
): Promise<void> {
  const report = newReport();
  const makerOf = (name: string) =>
    planned.find((step) => step.name === name) ?? null;
  for (const { step, action } of planned) {
    if (step.task !== "train" || !step.gan_training || action === "reuse") {
      continue;
    }
    const views = await datasets.viewsOf(step, makerOf);
    for (const { size } of views === null ? [] : bucketsOf(views)) {
      const fault = judgeFault(size, model.disc_depth);
      if (fault === null) continue;
      report.error(
        placeOf(sources.document, ["model", "disc_depth"]),
        `Cannot judge ${fault.reason} (step "${step.name}", dataset "${step.dataset}")`,
        fault.hint,
      );
    }
  }
  if (report.failed) throw new PipelineRefused(file, report.findings());
}
