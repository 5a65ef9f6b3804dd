// Whether a tick may start while others of its schedule are under way.
import type { OverlapPolicy } from "../catalog/schedule_options.ts";

/** What the decision needs to know of a tick. */
export interface OverlapTick {
  readonly id: number;
  readonly dueMs: number;
  readonly isCatchUp: boolean;
  /** Times that it was started; more than 0 where it was interrupted and goes on. */
  readonly attempts: number;
}

/** What is to be done with a tick whose time has come. */
export type OverlapDecision =
  | { readonly kind: "start" }
  | { readonly kind: "wait" }
  | { readonly kind: "skip"; readonly reason: string }
  /** Stop what runs, then start. */
  | { readonly kind: "replace"; readonly running: readonly number[] };

/**
 * Decides for `tick`, given the ticks of the schedule that run and those whose time has come. An interrupted tick counts as
 * running until it has ended: it goes on before anything else starts.
 */
export function decideOverlap<Tick extends OverlapTick>(
  policy: OverlapPolicy,
  tick: Tick,
  others: {
    readonly running: readonly Tick[];
    /** In the order of their due times; may hold `tick` itself. */
    readonly waiting: readonly Tick[];
  },
): OverlapDecision {
  if (tick.attempts > 0) return { kind: "start" };
  if (policy === "allow" && !tick.isCatchUp) return { kind: "start" };
  const { running, waiting } = others;
  const interrupted = waiting.filter((other) =>
    other.id !== tick.id && other.attempts > 0
  );
  const before = waiting.filter((other) =>
    other.attempts === 0 && isBefore(other, tick)
  );
  const busy = [...running, ...interrupted];
  if (tick.isCatchUp || policy === "queue" || policy === "allow") {
    return busy.length === 0 && before.length === 0
      ? { kind: "start" }
      : { kind: "wait" };
  }
  // Missed ticks that are still to be caught up come first; they are no reason to drop one that is on time.
  if (before.some((other) => other.isCatchUp)) return { kind: "wait" };
  if (policy === "skip") {
    const first = busy[0] ?? before[0];
    return first === undefined ? { kind: "start" } : {
      kind: "skip",
      reason: `the run of ${tickName(first)} was still going on`,
    };
  }
  const later = waiting.find((other) =>
    other.attempts === 0 && isBefore(tick, other)
  );
  if (later !== undefined) {
    return { kind: "skip", reason: `${tickName(later)} replaced it` };
  }
  if (interrupted.length > 0) return { kind: "wait" };
  return running.length === 0
    ? { kind: "start" }
    : { kind: "replace", running: running.map(({ id }) => id) };
}

/** How texts call a tick: `the tick of 2026-03-29T01:00:00Z`. */
export function tickName({ dueMs }: { readonly dueMs: number }): string {
  return `the tick of ${new Date(dueMs).toISOString().replace(".000Z", "Z")}`;
}

function isBefore(one: OverlapTick, other: OverlapTick): boolean {
  return one.dueMs < other.dueMs ||
    (one.dueMs === other.dueMs && one.id < other.id);
}
