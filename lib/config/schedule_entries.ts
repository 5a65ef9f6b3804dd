// Entries of `schedule:` and of a schedules file: schema, expression, zone and placeholders, each fault with its place.
import { dirname, isAbsolute, join } from "node:path";
import type * as v from "valibot";
import {
  FILE_SCHEDULE,
  OWN_SCHEDULE,
  type ScheduleEntry,
} from "../catalog/schedule_options.ts";
import { CronTimes } from "../clock/cron_times.ts";
import { secondsOf } from "../clock/duration.ts";
import { TICK_VALUES, unknownPlaceholders } from "../clock/tick_values.ts";
import { TimeZone, zoneNames } from "../clock/time_zone.ts";
import { foundText } from "./issue_message.ts";
import {
  exactValue,
  isNull,
  keyPlaceOf,
  locate,
  type Located,
  type LocatedMap,
  type PathItem,
  type Place,
  placeOf,
} from "../source/located_tree.ts";
import { didYouMean } from "../source/suggestion.ts";
import { checkOptions } from "./check_options.ts";
import type { Report } from "./report.ts";
import { nameFault } from "./step_names.ts";

/** Where the entries stand. */
export type ScheduleHome =
  /** In a pipeline, which they run. */
  | {
    readonly kind: "pipeline";
    readonly file: string;
    readonly pipelineName: string;
  }
  /** In a file of their own. */
  | { readonly kind: "file"; readonly file: string };

/** The schedules that a pipeline carries; none where it has no `schedule`. */
export function readOwnSchedules(
  document: LocatedMap,
  file: string,
  pipelineName: string,
  report: Report,
): ScheduleEntry[] {
  const written = locate(document, ["schedule"]);
  if (written === undefined || isNull(written)) return [];
  const home: ScheduleHome = { kind: "pipeline", file, pipelineName };
  return readScheduleEntries(written, home, report);
}

/** The entries of a list, or of the one map that `tree` is; those with faults are reported and left out. */
export function readScheduleEntries(
  tree: Located,
  home: ScheduleHome,
  report: Report,
): ScheduleEntry[] {
  const trees = tree.kind === "list"
    ? tree.items
    : tree.kind === "map" && home.kind === "pipeline"
    ? [tree]
    : null;
  if (trees === null) {
    report.error(
      tree.place,
      `Cannot read schedules: wanted ${
        home.kind === "pipeline" ? "a map or a list of maps" : "a list of maps"
      }, found ${foundText(exactValue(tree))}`,
      "Write one `- name: ...` per schedule",
    );
    return [];
  }
  return trees.flatMap((one) => readEntry(one, home, report) ?? []);
}

type Written = v.InferOutput<typeof FILE_SCHEDULE>;

function readEntry(
  tree: Located,
  home: ScheduleHome,
  report: Report,
): ScheduleEntry | undefined {
  const label = tree.kind === "map"
    ? tree.entries.get("name")?.value
    : undefined;
  const where = label?.kind === "scalar" && typeof label.value === "string"
    ? `schedule "${label.value}"`
    : "the schedule";
  const written = home.kind === "file"
    ? checkOptions(FILE_SCHEDULE, { tree, where }, report)
    : inPipeline(checkOptions(OWN_SCHEDULE, { tree, where }, report), home);
  if (written === undefined) return undefined;
  const at = (...path: PathItem[]) => placeOf(tree, path);
  const areSound = [
    checkName(written.name, at("name"), report),
    checkTimes(written, where, at, report),
    checkPlaceholders(written.set, where, at, report),
  ];
  if (areSound.includes(false)) return undefined;
  return {
    name: written.name,
    pipeline: home.kind === "file"
      ? besideFile(home.file, written.pipeline)
      : home.file,
    cron: written.cron,
    time_zone: written.time_zone,
    set: written.set,
    jitter_ms: msOf(written.jitter) ?? 0,
    overlap: written.overlap,
    misfire_window_ms: msOf(written.misfire_window) ?? 0,
    catch_up: written.catch_up,
    max_run_time_ms: msOf(written.max_run_time),
    executor: written.executor,
    enabled: written.enabled,
    places: {
      name: at("name"),
      pipeline: at("pipeline"),
      set: written.set.map((_, index) => at("set", index)),
      overlap: keyPlaceOf(tree, ["overlap"]),
    },
  };
}

function besideFile(file: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path);
}

function inPipeline(
  own: v.InferOutput<typeof OWN_SCHEDULE> | undefined,
  home: Extract<ScheduleHome, { kind: "pipeline" }>,
): Written | undefined {
  if (own === undefined) return undefined;
  const { file, pipelineName } = home;
  return { ...own, name: own.name ?? pipelineName, pipeline: file };
}

function checkName(name: string, place: Place, report: Report): boolean {
  const fault = nameFault(name);
  if (fault === undefined) return true;
  report.error(
    place,
    `Cannot use ${JSON.stringify(name)} as the name of a schedule: ${fault}`,
  );
  return false;
}

function checkTimes(
  { cron, time_zone }: Written,
  where: string,
  at: (...path: PathItem[]) => Place,
  report: Report,
): boolean {
  const zone = TimeZone.named(time_zone);
  if (zone === null) {
    report.error(
      at("time_zone"),
      `Cannot read ${where}: there is no time zone "${time_zone}"${
        didYouMean(time_zone, zoneNames())
      }`,
      "Write a name of the IANA data base, such as Europe/Berlin, or UTC",
    );
  }
  const reading = CronTimes.read(
    cron,
    zone ?? TimeZone.named("UTC") as TimeZone,
  );
  if (!reading.ok) {
    report.error(
      at("cron"),
      `Cannot read ${where}: "${cron}" is no cron expression: ${reading.reason}`,
      "Write minute, hour, day of the month, month and day of the week, such as 0 3 * * 1-5",
    );
  }
  return zone !== null && reading.ok;
}

function checkPlaceholders(
  set: readonly string[],
  where: string,
  at: (...path: PathItem[]) => Place,
  report: Report,
): boolean {
  const known = Object.keys(TICK_VALUES).map((name) => `tick.${name}`);
  let isSound = true;
  for (const [index, text] of set.entries()) {
    for (const name of unknownPlaceholders(text)) {
      isSound = false;
      report.error(
        at("set", index),
        `Cannot read ${where}: "{{ ${name} }}" stands for nothing${
          didYouMean(name, known)
        }`,
        `Known are ${known.join(", ")}`,
      );
    }
  }
  return isSound;
}

function msOf(written: string | number | null): number | null {
  return written === null ? null : secondsOf(written) * 1000;
}
