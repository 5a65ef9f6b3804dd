// A plan as data: what `plan --json` prints. Fields are only ever added.
import { mostEpochs } from "../config/transition_checks.ts";
import { shownPath } from "../worker/permissions.ts";
import type { StepEstimate } from "../store/estimate_record.ts";
import { diskForecast } from "./disk_forecast.ts";
import type { Plan, PlannedStep } from "./plan.ts";
import type { Action } from "./step_action.ts";
import { trainingKinds } from "./training_kinds.ts";

/** The plan as plain JSON; paths are relative to the working directory where they lie inside. */
export function planToJson(
  plan: Plan,
  estimates: ReadonlyMap<string, StepEstimate> = new Map(),
  reasons: ReadonlyMap<string, string> = new Map(),
): Record<string, unknown> {
  return {
    pipeline: plan.file,
    run: plan.run,
    mode: plan.mode,
    digest: plan.pipeline.digest,
    seed: plan.pipeline.seed,
    engine: plan.isEngineOpen ? "auto" : plan.engine.name,
    numericClass: plan.isEngineOpen ? null : plan.engine.numericClass,
    runs: shownPath(plan.runsDir),
    steps: plan.steps.map((step) => ({
      ...stepToJson(step),
      estimate: estimates.get(step.name) ?? null,
      ...(reasons.has(step.name)
        ? { notEstimated: reasons.get(step.name) }
        : {}),
    })),
    totals: countActions(plan.steps),
    checkpoints: diskForecast(plan),
    freeBytes: plan.freeBytes,
  };
}

function stepToJson(planned: PlannedStep): Record<string, unknown> {
  const { step } = planned;
  return {
    name: planned.name,
    task: planned.task,
    needs: planned.needs,
    key: planned.key,
    action: planned.action,
    reason: planned.reason,
    changes: planned.changes,
    setsAside: planned.setsAside,
    sharedWith: planned.sharedWith,
    folder: shownPath(planned.folder),
    description: step.description,
    datasets: Object.entries(planned.request.datasets).map((
      [name, dataset],
    ) => ({
      name,
      from: dataset.from,
      ...(dataset.type === "webdataset" ? { shards: dataset.shards } : {
        imageFolder: shownPath(dataset.imageFolder),
        captionsFile: shownPath(dataset.captionsFile),
      }),
    })),
    permissions: planned.permissions,
    ...(step.task === "train"
      ? {
        kinds: trainingKinds(step),
        trains: step.trains,
        frozen: step.frozen,
        initFrom: step.init_from,
        ...(planned.request.weight_files === undefined ? {} : {
          fromFiles: planned.request.weight_files.files.map((file) => ({
            ...file,
            path: shownPath(file.path),
          })),
        }),
        epochs: mostEpochs(step),
        maxSteps: step.max_steps,
        batchSize: step.batch_size,
        trainSteps: planned.request.plan.trainSteps,
        transition: step.transition_on,
        optimizers: step.optimization.optimizers,
        schedulers: step.optimization.schedulers,
      }
      : {}),
    ...(planned.cursor === null ? {} : { cursor: planned.cursor }),
    ...(planned.marker === null ? {} : {
      finishedAt: planned.marker.finishedAt,
      metrics: planned.marker.result.metrics,
    }),
  };
}

function countActions(
  steps: readonly PlannedStep[],
): Record<Action | "steps", number> {
  const count = (action: Action) =>
    steps.filter((step) => step.action === action).length;
  return {
    steps: steps.length,
    run: count("run"),
    resume: count("resume"),
    reuse: count("reuse"),
    wait: count("wait"),
  };
}
