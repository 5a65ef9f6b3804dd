// Measures one batch of each step that nothing like it has been finished of: in a process with the step's permissions, in a folder that goes.
import { join } from "node:path";
import { writeAtomically } from "../disk/atomic_write.ts";
import { makeFolder } from "../disk/folder_entries.ts";
import { TemporaryFolder } from "../disk/temporary_folder.ts";
import {
  type Failure,
  StepFailure,
  type StoppedError,
} from "../error/failure.ts";
import { estimateFromBatch, measurable } from "../plan/batch_estimate.ts";
import { PACKAGE_ROOT, type Plan, type PlannedStep } from "../plan/plan.ts";
import type { StepEstimate } from "../store/estimate_record.ts";
import type { StepRequest } from "../store/step_request.ts";
import { stepPaths } from "../store/store_layout.ts";
import {
  type BatchMeasurement,
  batchMeasurementOf,
} from "../worker/batch_measurement.ts";
import { fetchCode } from "../worker/code_fetch.ts";
import { readModuleGraph } from "../worker/module_graph.ts";
import { stepPermissions } from "../worker/permissions.ts";
import { CheckpointWish } from "./checkpoint_wish.ts";
import { runAttempt } from "./step_attempt.ts";
import type { StopControl } from "./stop_control.ts";

const MEASURE_ENTRY = join(PACKAGE_ROOT, "lib", "steps", "measure_main.ts");
const STOP_GRACE_MS = 2000;

/** What is known of the steps that are to be worked on. */
export interface MeasuredCosts {
  /** Step name to estimate. */
  readonly estimates: ReadonlyMap<string, StepEstimate>;
  /** Step name to why there is none. */
  readonly reasons: ReadonlyMap<string, string>;
}

/**
 * Adds to `known` what one batch of each train step tells that no finished step is like. Nothing of the run is written or locked.
 *
 * @throws {StoppedError} where a signal came first
 */
export async function measureSteps(
  plan: Plan,
  known: ReadonlyMap<string, StepEstimate>,
  { stop, tell }: {
    readonly stop: StopControl;
    readonly tell: (text: string) => void;
  },
): Promise<MeasuredCosts> {
  const estimates = new Map(known);
  const reasons = new Map<string, string>();
  const isFinished = ({ action }: PlannedStep) => action === "reuse";
  const finished = new Set(plan.steps.filter(isFinished).map((s) => s.name));
  const open = plan.steps.filter((step) =>
    !isFinished(step) && known.get(step.name)?.basis !== "measured"
  );
  let isFetched = false;
  for (const planned of open) {
    const { name, step } = planned;
    const found = measurable(planned, finished);
    if (found.kind === "not" || step.task !== "train") {
      if (found.kind === "not") reasons.set(name, found.reason);
      continue;
    }
    if (!isFetched) await fetchMeasuring(stop);
    isFetched = true;
    tell(`Measures one batch of step "${name}"`);
    const measured = await measureOne(planned, found.request, stop);
    if (measured.kind === "failed") {
      reasons.set(name, `not measured: ${measured.failure.message}`);
      continue;
    }
    const { batch, peakMemoryBytes } = measured;
    const { freshFrom } = found;
    estimates.set(
      name,
      estimateFromBatch(planned, step, {
        ...batch,
        peakMemoryBytes,
        freshFrom,
      }),
    );
  }
  return { estimates, reasons };
}

type Measured =
  | {
    readonly kind: "measured";
    readonly batch: BatchMeasurement;
    readonly peakMemoryBytes: number | null;
  }
  | { readonly kind: "failed"; readonly failure: Failure };

/** The request as it is, but for the folder that it works in. */
async function measureOne(
  planned: PlannedStep,
  wanted: StepRequest,
  stop: StopControl,
): Promise<Measured> {
  await using place = await TemporaryFolder.create("fluxline-estimate");
  const folder = join(place.path, "step");
  const request = { ...wanted, folder, lock: join(place.path, "step.lock") };
  const path = join(stepPaths(folder).attempts, "1");
  await makeFolder(path);
  await writeAtomically(request.lock, new Uint8Array());
  const permissions = stepPermissions(request);
  const outcome = await runAttempt(
    { ...planned, folder, request, permissions, cursor: null, marker: null },
    { number: 1, path, startedAt: new Date() },
    {
      checkpointWish: new CheckpointWish(),
      ...{ stop, stopGraceMs: STOP_GRACE_MS, entry: MEASURE_ENTRY },
      // What a step prints belongs to its run.
      observe: () => {},
      graphOf: readModuleGraph,
      diedHint: "Run the step itself: its log will tell",
    },
  );
  if (outcome.kind === "stopped") throw wasStopped(stop);
  if (outcome.kind === "failed") return outcome;
  const batch = batchMeasurementOf(outcome.result.metrics);
  if (batch === null) {
    const failure = new StepFailure("its process answered something else");
    return { kind: "failed", failure };
  }
  const { peakMemoryBytes } = outcome;
  return { kind: "measured", batch, peakMemoryBytes };
}

async function fetchMeasuring(stop: StopControl): Promise<void> {
  try {
    await fetchCode([MEASURE_ENTRY], PACKAGE_ROOT, stop.asked);
  } catch (error) {
    throw stop.asked.aborted ? wasStopped(stop) : error;
  }
}

function wasStopped(stop: StopControl): StoppedError {
  return stop.stopped("nothing was measured to its end");
}
