// Tells the pipeline's hooks how a run ended. Only runs that did something are told: not those that were stopped or had nothing to do.
import type { Pipeline } from "../catalog/pipeline.ts";
import { formatDuration } from "../clock/duration.ts";
import { EXIT_CODE } from "../error/exit_code.ts";
import { Failure, LockedError, UsageError } from "../error/failure.ts";
import type { RunEnd } from "../notify/run_end.ts";
import { PACKAGE_ROOT } from "../plan/plan.ts";
import { shownPath } from "../worker/permissions.ts";
import type { RunObserver } from "./run_notice.ts";
import type { RunSummary } from "./run_summary.ts";

/** Runs the hook for the summary of a run. */
export async function tellEnd(
  pipeline: Pipeline,
  summary: RunSummary,
  observe: RunObserver,
): Promise<void> {
  const { outcome } = summary;
  if (outcome !== "done" && outcome !== "failed") return;
  const failed = summary.steps.find((step) => step.failure !== null);
  await tell(pipeline, observe, {
    ...{ run: summary.run, pipeline: pipeline.file, outcome },
    text: outcome === "done"
      ? `Run ${summary.run} is done in ${formatDuration(summary.elapsedMs)}`
      : `Run ${summary.run} failed: ${
        failed?.failure?.message ?? `exit code ${summary.exitCode}`
      }`,
    exitCode: summary.exitCode,
    elapsedSeconds: summary.elapsedMs / 1000,
    report: summary.report === null ? null : shownPath(summary.report),
    steps: summary.steps.map(({ name, state, elapsedMs, metrics }) => ({
      ...{ name, state, metrics },
      elapsedSeconds: elapsedMs === null ? null : elapsedMs / 1000,
    })),
    failure: failed === undefined || failed.failure === null ? null : {
      step: failed.name,
      message: failed.failure.message,
      hint: failed.failure.hint ?? null,
    },
  });
}

/** Runs the hook for a run that failed before its steps began; not for a slip on the command line, nor where another process is at work. */
export async function tellRefusal(
  pipeline: Pipeline,
  error: unknown,
  observe: RunObserver,
): Promise<void> {
  if (error instanceof UsageError || error instanceof LockedError) return;
  const isOurs = error instanceof Failure;
  const message = error instanceof Error ? error.message : String(error);
  await tell(pipeline, observe, {
    ...{ run: pipeline.name, pipeline: pipeline.file, outcome: "failed" },
    text: `Run ${pipeline.name} failed: ${message}`,
    exitCode: isOurs ? error.exitCode : EXIT_CODE.defect,
    ...{ elapsedSeconds: 0, report: null, steps: [] },
    failure: {
      ...{ step: null, message },
      hint: isOurs ? error.hint ?? null : null,
    },
  });
}

async function tell(
  { hooks }: Pipeline,
  observe: RunObserver,
  end: RunEnd,
): Promise<void> {
  if (hooks === undefined) return;
  // Only now: most runs have no hook.
  const { runHooks } = await import("../notify/run_hooks.ts");
  for (const text of await runHooks(hooks, end, PACKAGE_ROOT)) {
    observe({ kind: "hook_failed", text });
  }
}
