// Which ticks a look at the clock brings to light, and what becomes of each: it waits for its start, or is skipped with a reason.
import { jitterMs, type Schedule } from "./schedule.ts";

/** Missed ticks that are written down one by one; older ones share a line. */
export const MOST_MISSED = 1000;

/** A tick to write down. */
export interface DueTick {
  readonly dueMs: number;
  /** When it may start: due, and the jitter. */
  readonly startMs: number;
  /** Why it is not run; null where it is. */
  readonly skipped: string | null;
  /** Whether it was missed and is run later; such ticks run one after the other. */
  readonly isCatchUp: boolean;
}

/** A span of time that a look covers. */
export interface Look {
  /** Everything up to here was looked at before. */
  readonly afterMs: number;
  readonly nowMs: number;
  readonly isPaused: boolean;
}

/** The ticks that became due since the last look, oldest first. */
export function dueTicks(schedule: Schedule, look: Look): DueTick[] {
  const { instants, isCut } = schedule.times.between(
    look.afterMs,
    look.nowMs,
    MOST_MISSED,
  );
  const onTime = instants.map((dueMs) => {
    const startMs = dueMs + jitterMs(schedule, dueMs);
    return look.nowMs - startMs <= schedule.misfire_window_ms;
  });
  const ticks = instants.map((dueMs, index): DueTick => {
    const isMissed = !onTime[index];
    const skipped = look.isPaused
      ? "the schedule is paused"
      : isMissed
      ? missedReason(schedule, index, onTime)
      : null;
    return {
      dueMs,
      startMs: dueMs + jitterMs(schedule, dueMs),
      skipped,
      isCatchUp: isMissed && skipped === null,
    };
  });
  const first = instants[0];
  if (!isCut || first === undefined) return ticks;
  const from = new Date(look.afterMs).toISOString();
  const rest: DueTick = {
    dueMs: first - 1,
    startMs: first - 1,
    skipped:
      `missed, with all others since ${from}: only the newest ${MOST_MISSED} are listed one by one`,
    isCatchUp: false,
  };
  return [rest, ...ticks];
}

/** Null where the schedule catches up with the missed tick. */
function missedReason(
  schedule: Schedule,
  index: number,
  onTime: readonly boolean[],
): string | null {
  switch (schedule.catch_up) {
    case "none":
      return "missed: nothing was there to start it within its misfire window";
    case "last":
      return index === onTime.length - 1
        ? null
        : "missed: a later tick stands for it";
    case "all":
      return null;
    default:
      return schedule.catch_up satisfies never;
  }
}
