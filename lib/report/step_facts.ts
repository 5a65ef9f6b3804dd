// Everything that a page shows about one step, from its folder.
import { Failure } from "../error/failure.ts";
import { readMetricRows, readTimingRows } from "../metrics/metric_log.ts";
import { readStepRequest } from "../store/request_record.ts";
import type { RunEvent, RunStep } from "../store/run_record.ts";
import type { StepStatus } from "../store/run_status.ts";
import type { StepRequest } from "../store/step_request.ts";
import { stepPaths } from "../store/store_layout.ts";
import { type AttemptsFacts, readAttemptFacts } from "./attempt_facts.ts";
import { type Comparison, readComparison } from "./comparison.ts";
import { type Curves, curvesOf } from "./curves.ts";
import { readStrips, type Strip } from "./picture_strips.ts";

/** What happened to a step, as a reader wants to know it. */
export type StepAction =
  | "run"
  | "resume"
  | "reuse"
  | "running"
  | "failed"
  | "stopped"
  | "damaged"
  | "waiting";

/** One step of a page. */
export interface StepFacts {
  readonly name: string;
  readonly task: string;
  readonly key: string;
  readonly needs: readonly string[];
  readonly action: StepAction;
  readonly status: StepStatus;
  /** Null before its first attempt. */
  readonly request: StepRequest | null;
  readonly curves: Curves | null;
  readonly strips: readonly Strip[];
  readonly comparison: Comparison | null;
  readonly attempts: AttemptsFacts;
  /** Message of the failure, where the step failed in the run's last start. */
  readonly failure: string | null;
  /** Records that could not be read. */
  readonly problems: readonly string[];
}

/** Reads the facts of a step; a record that cannot be understood becomes a problem, not an error. */
export async function readStepFacts(
  planned: RunStep,
  status: StepStatus,
  events: readonly RunEvent[],
): Promise<StepFacts> {
  const { folder } = status;
  const problems: string[] = status.problem === null ? [] : [status.problem];
  const request = await orProblem(
    problems,
    null,
    () => readStepRequest(folder),
  );
  const rows = await orProblem(
    problems,
    [],
    () => readMetricRows(stepPaths(folder).metrics),
  );
  const timings = await readTimingRows(stepPaths(folder).timings);
  return {
    name: planned.name,
    task: planned.task,
    key: planned.key,
    needs: planned.needs ?? request?.options.needs ?? [],
    action: actionOf(planned, status),
    status,
    request,
    curves: rows.length + timings.length === 0 ? null : curvesOf(rows, timings),
    strips: readStrips(folder, status.result?.pictures ?? []),
    comparison: planned.task === "compare"
      ? await readComparison(folder)
      : null,
    attempts: await readAttemptFacts(folder),
    failure: failureOf(planned, status, events),
    problems,
  };
}

async function orProblem<T>(
  problems: string[],
  instead: T,
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    problems.push(error.message);
    return instead;
  }
}

function actionOf(planned: RunStep, status: StepStatus): StepAction {
  if (status.state === "queued") return "waiting";
  if (status.state !== "done") return status.state;
  if (planned.state === "reused") return "reuse";
  if (planned.action === "reuse" || planned.action === "resume") {
    return planned.action;
  }
  return "run";
}

function failureOf(
  planned: RunStep,
  status: StepStatus,
  events: readonly RunEvent[],
): string | null {
  if (status.state !== "failed") return null;
  const failed = events.findLast((event) =>
    event.kind === "step_failed" && event.step === planned.name
  );
  return failed?.text ?? null;
}
