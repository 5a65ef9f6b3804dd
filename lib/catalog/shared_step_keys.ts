// The tasks, and what a step of any task may say.
import * as v from "valibot";
import { RESOURCES } from "./executor_options.ts";
import { lengthOfTime } from "./length_of_time.ts";
import {
  closedMap,
  finiteNumber,
  nullable,
  option,
  section,
  someText,
  wholeNumber,
} from "./option.ts";

/** The five tasks, as in `task:`. */
export const TASKS = [
  "train",
  "evaluate",
  "compare",
  "generate",
  "script",
] as const;
/** A kind of step. */
export type Task = typeof TASKS[number];

const names = v.array(someText());

const PERMISSIONS = closedMap({
  read: option(names, [], "Files and folders"),
  write: option(names, [], "Files and folders"),
  net: option(names, [], "Hosts, with or without a port"),
  env: option(
    names,
    [],
    "Names of environment variables; `HF_*` stands for all that begin so",
  ),
});

const RETRY = closedMap({
  attempts: option(wholeNumber({ min: 1 }), 1, "Attempts in all"),
  backoff_seconds: option(
    finiteNumber({ min: 0 }),
    10,
    "Pause before the second attempt; doubles each time",
  ),
});

/** Keys of every step. */
export const SHARED_KEYS = {
  name: v.pipe(v.string(), v.description("Unique, safe as a file name")),
  description: option(v.string(), "", "Shown in plans and progress"),
  task: option(v.picklist(TASKS), "train", "What the step does"),
  needs: nullable(
    names,
    "Steps it waits for; default: the one before; [] for none",
  ),
  permissions: section(PERMISSIONS),
  retry: section(RETRY),
  timeout: nullable(
    lengthOfTime,
    "Longest time, in seconds or as 90s, 30m, 2h, 1d",
  ),
  resources: section(RESOURCES),
};
