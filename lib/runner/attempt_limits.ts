// Ends a step's process that takes more time or memory than it may, and says so.
import { formatDuration } from "../clock/duration.ts";
import { startTimer } from "../clock/timer.ts";
import { type Failure, StepFailure, TimedOutError } from "../error/failure.ts";
import type { PlannedStep } from "../plan/plan.ts";
import { formatBytes } from "../disk/byte_count.ts";
import { type Confinement, groupMemory } from "../worker/confinement.ts";
import type { StepProcess } from "../worker/spawn.ts";

const SCRIPT_TIMEOUT_GRACE_MS = 2000;
// A look costs a few milliseconds; a step that passes its limit between two looks is found at the second.
const MEMORY_LOOK_MS = 500;

/** The limits of one attempt. */
export interface AttemptLimits extends Disposable {
  /** Why the process was ended; null while it keeps its limits. */
  readonly failure: () => Failure | null;
}

/** Watches the process until it is disposed of. */
export function watchLimits(
  process: StepProcess,
  step: PlannedStep,
  confinement: Confinement | undefined,
  stopGraceMs: number,
): AttemptLimits {
  let failure: Failure | null = null;
  const timeMs = timeLimitMs(step, confinement);
  const timer = timeMs === null ? null : startTimer(timeMs, () => {
    failure ??= tookTooLong(step, timeMs);
    process.stop(timeoutGraceMs(step, stopGraceMs));
  });
  const most = confinement?.memoryBytes ?? null;
  const look = async () => {
    const used = await groupMemory(process.pid);
    if (used === null || most === null || used <= most) return;
    failure ??= tookTooMuch(step, used, most);
    process.kill();
  };
  const looks = most === null ? null : setInterval(look, MEMORY_LOOK_MS);
  return {
    failure: () => failure,
    [Symbol.dispose]: () => {
      timer?.[Symbol.dispose]();
      if (looks !== null) clearInterval(looks);
    },
  };
}

/** The shorter of the step's `timeout` and what its machine allows. */
function timeLimitMs(
  { request }: PlannedStep,
  confinement: Confinement | undefined,
): number | null {
  const { timeout_seconds } = request.options;
  const limits = [
    ...timeout_seconds === null ? [] : [timeout_seconds * 1000],
    ...confinement?.timeMs == null ? [] : [confinement.timeMs],
  ];
  return limits.length === 0 ? null : Math.min(...limits);
}

/** A script has nothing to save: what it did counts for nothing once it is late. */
function timeoutGraceMs(step: PlannedStep, stopGraceMs: number): number {
  return step.task === "script"
    ? Math.min(stopGraceMs, SCRIPT_TIMEOUT_GRACE_MS)
    : stopGraceMs;
}

function tookTooLong(step: PlannedStep, limitMs: number): Failure {
  const isOwn = step.request.options.timeout_seconds === limitMs / 1000;
  return new TimedOutError(
    `Step "${step.name}" ran longer than its ${
      isOwn ? "timeout" : "`resources.time`"
    } of ${formatDuration(limitMs)}`,
    {
      hint:
        `Run the same command again to go on from what it saved, or raise the step's \`${
          isOwn ? "timeout" : "resources.time"
        }\``,
    },
  );
}

function tookTooMuch(
  step: PlannedStep,
  used: number,
  limit: number,
): Failure {
  return new StepFailure(
    `Step "${step.name}" was ended: it took ${formatBytes(used)} of memory, ${
      formatBytes(limit)
    } are its limit`,
    {
      hint:
        "Raise the step's `resources.memory` or make its batches smaller, then run the same command again: it goes on from its last checkpoint",
    },
  );
}
