// When a pipeline runs by itself: the entries of `schedule:` in a pipeline and of a schedules file.
import * as v from "valibot";
import type { Place } from "../source/located_tree.ts";
import { closedMap, nullable, option, someText } from "./option.ts";
import { type ExecutorName, EXECUTORS } from "./executor_options.ts";
import { lengthOfTime } from "./length_of_time.ts";

/** What happens to a tick while a run of the same schedule is going on. */
export const OVERLAP_POLICIES = ["skip", "queue", "replace", "allow"] as const;
/** One of {@linkcode OVERLAP_POLICIES}. */
export type OverlapPolicy = typeof OVERLAP_POLICIES[number];

/** Which ticks that nobody was there to start are run later. */
export const CATCH_UP_POLICIES = ["none", "last", "all"] as const;
/** One of {@linkcode CATCH_UP_POLICIES}. */
export type CatchUpPolicy = typeof CATCH_UP_POLICIES[number];

const SHARED = {
  cron: v.pipe(
    someText(),
    v.description(
      "Minute, hour, day of the month, month, day of the week; a sixth field in front is the second",
    ),
  ),
  time_zone: option(
    someText(),
    "UTC",
    "Zone of the expression, such as Europe/Berlin",
  ),
  set: option(
    v.array(someText()),
    [],
    "Overrides as --set takes them; {{ tick.date }} and its like stand for the tick",
  ),
  jitter: nullable(
    lengthOfTime,
    "Start up to this much later, by an amount that is fixed for each tick",
  ),
  overlap: option(
    v.picklist(OVERLAP_POLICIES),
    "skip",
    "While a run of this schedule goes on: skip the tick, queue it, replace the run, or allow both",
  ),
  misfire_window: option(
    lengthOfTime,
    "5m",
    "How late a tick may start and still count as on time",
  ),
  catch_up: option(
    v.picklist(CATCH_UP_POLICIES),
    "last",
    "Which ticks that were missed are run later: none, the last one, or all in order",
  ),
  max_run_time: nullable(
    lengthOfTime,
    "Longest time of a run; it is then stopped, with its state saved",
  ),
  executor: option(
    v.picklist(EXECUTORS),
    "local",
    "Where steps run: processes of this machine, or jobs of a Slurm cluster that the tick follows to their ends",
  ),
  enabled: option(v.boolean(), true, "false: the schedule rests"),
};

/** An entry of `schedule:` in a pipeline. */
export const OWN_SCHEDULE = closedMap({
  name: nullable(someText(), "Name of the schedule; default: the pipeline's"),
  ...SHARED,
});

/** An entry of a schedules file. */
export const FILE_SCHEDULE = closedMap({
  name: v.pipe(someText(), v.description("Unique; how commands call it")),
  pipeline: v.pipe(
    someText(),
    v.description("The pipeline, relative to this file"),
  ),
  ...SHARED,
});

/** A schedules file, for editors. */
export const SCHEDULES_FILE = closedMap({ schedules: v.array(FILE_SCHEDULE) });

/** A checked schedule. */
export interface ScheduleEntry {
  readonly name: string;
  /** Path of the pipeline, relative to the working directory or absolute. */
  readonly pipeline: string;
  readonly cron: string;
  readonly time_zone: string;
  readonly set: readonly string[];
  readonly jitter_ms: number;
  readonly overlap: OverlapPolicy;
  readonly misfire_window_ms: number;
  readonly catch_up: CatchUpPolicy;
  readonly max_run_time_ms: number | null;
  readonly executor: ExecutorName;
  readonly enabled: boolean;
  /** Where each part of it is written. */
  readonly places: {
    readonly name: Place;
    readonly pipeline: Place;
    readonly set: readonly Place[];
    readonly overlap: Place;
  };
}
