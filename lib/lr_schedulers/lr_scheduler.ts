// A learning rate's course as a value: the state is plain JSON, and asking for a rate changes nothing.
import { RefusedError } from "../error/failure.ts";
import { nextPlateau, type PlateauState, startPlateau } from "./plateau.ts";
import { type CurveType, rateCurve } from "./rate_curve.ts";
import type { SchedulerEntry } from "./scheduler_options.ts";
import { leavesNoCourse } from "./step_length.ts";

/** What a schedule remembers between updates; plain JSON, stored with every checkpoint. */
export interface SchedulerState {
  /** Optimizer updates made so far. */
  readonly count: number;
  /** Present for ReduceLROnPlateau only. */
  readonly plateau?: PlateauState;
}

/** What a schedule is sized by. */
export interface SchedulePlan {
  /** The optimizer's `lr`. */
  readonly baseLr: number;
  /** Updates that the step will really make, `max_steps` included; warm-up is part of them. */
  readonly totalSteps: number;
}

/** A schedule. It holds no position of its own: states go in and come out. */
export interface LrScheduler {
  /** Whether {@linkcode LrScheduler.next} wants a metric. */
  readonly needsMetric: boolean;
  /** The rate of the update that follows `state`. */
  lr(state: SchedulerState): number;
  /** The state before the first update. */
  start(): SchedulerState;
  /**
   * The state after one update.
   *
   * @throws {TypeError} when the schedule needs a metric and none is given.
   */
  next(state: SchedulerState, metric?: number): SchedulerState;
}

/**
 * Builds the schedule of `entry`.
 *
 * With `warmup_steps` W the update of index k < W has (k + 1) / (W + 1) of the rate that the course itself starts with, so no
 * update is spent at rate 0 and update W is the first at full rate; the course then spans the remaining updates. For courses that start
 * at full rate this is PyTorch's `SequentialLR([LinearLR(1 / (W + 1), 1, W), course], milestones=[W])`.
 *
 * @throws {RefusedError} when the warm-up leaves no update for the course.
 */
export function lrScheduler(
  entry: SchedulerEntry,
  plan: SchedulePlan,
): LrScheduler {
  const warmupSteps = entry.warmup_steps ?? 0;
  if (leavesNoCourse(warmupSteps, plan.totalSteps)) {
    throw new RefusedError(
      `Cannot build lr scheduler "${entry.type}": "warmup_steps" is ${warmupSteps}, but the step makes ${plan.totalSteps} updates`,
      {
        hint:
          `Lower "warmup_steps" below ${plan.totalSteps}, or give the step more epochs`,
      },
    );
  }
  const course = entry.type === "ReduceLROnPlateau"
    ? plateauSchedule(entry, plan.baseLr)
    : curveSchedule({ ...entry, type: entry.type }, {
      ...plan,
      totalSteps: plan.totalSteps - warmupSteps,
    });
  return warmupSteps > 0 ? warmedUp(course, warmupSteps) : course;
}

/** A rate that never changes, for an optimizer without a schedule. */
export function constantRate(baseLr: number): LrScheduler {
  return lrScheduler({ type: "ConstantLR", factor: 1 }, {
    baseLr,
    totalSteps: 1,
  });
}

function curveSchedule(
  entry: SchedulerEntry & { readonly type: CurveType },
  plan: SchedulePlan,
): LrScheduler {
  const share = rateCurve(entry, plan.totalSteps);
  return {
    needsMetric: false,
    lr: (state) => plan.baseLr * share(state.count),
    start: () => ({ count: 0 }),
    next: (state) => ({ count: state.count + 1 }),
  };
}

function plateauSchedule(entry: SchedulerEntry, baseLr: number): LrScheduler {
  return {
    needsMetric: true,
    lr: (state) => (state.plateau ?? startPlateau(baseLr)).rate,
    start: () => ({ count: 0, plateau: startPlateau(baseLr) }),
    next(state, metric) {
      if (metric === undefined) {
        throw new TypeError(
          `Cannot advance lr scheduler "ReduceLROnPlateau": no metric was given`,
        );
      }
      const plateau = nextPlateau(
        state.plateau ?? startPlateau(baseLr),
        metric,
        entry,
      );
      return { count: state.count + 1, plateau };
    },
  };
}

function warmedUp(course: LrScheduler, warmupSteps: number): LrScheduler {
  const peak = course.lr(course.start());
  const within = (state: SchedulerState) => state.count < warmupSteps;
  const inner = (state: SchedulerState) => ({
    ...state,
    count: state.count - warmupSteps,
  });
  return {
    needsMetric: course.needsMetric,
    lr: (state) =>
      within(state)
        ? peak * (state.count + 1) / (warmupSteps + 1)
        : course.lr(inner(state)),
    start: () => course.start(),
    // Values measured while the rate still rises say nothing about a plateau.
    next: (state, metric) =>
      within(state)
        ? { ...state, count: state.count + 1 }
        : { ...course.next(inner(state), metric), count: state.count + 1 },
  };
}
