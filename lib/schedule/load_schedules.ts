// Schedules from files: those of schedules files and those that pipelines carry, checked together with the pipelines that they run.
import { dirname } from "node:path";
import type { ScheduleEntry } from "../catalog/schedule_options.ts";
import { fillPlaceholders } from "../clock/tick_values.ts";
import { findPipelines, loadPipeline } from "../config/load_pipeline.ts";
import { readPipelineText } from "../config/pipeline_text.ts";
import { newReport, type Report } from "../config/report.ts";
import {
  type WrittenName,
  writtenScheduleNames,
} from "../config/schedule_names.ts";
import {
  isSchedulesText,
  loadSchedulesFile,
  type SchedulesFile,
} from "../config/schedules_file.ts";
import { isFile } from "../disk/present_entries.ts";
import { RefusedError, UsageError } from "../error/failure.ts";
import {
  type Checked,
  type Diagnostic,
  sortDiagnostics,
} from "../source/diagnostic.ts";
import { formatPosition } from "../source/position.ts";
import { didYouMean } from "../source/suggestion.ts";
import { type Schedule, scheduleOf } from "./schedule.ts";

/** The schedules file that is read where no file is named. */
export const DEFAULT_SCHEDULES = "pipelines/schedules.yaml";

/**
 * The files as named; else the project's schedules file and every pipeline with a `schedule`.
 *
 * @throws {UsageError} where there is none
 */
export async function chosenScheduleFiles(
  files: readonly string[],
): Promise<readonly string[]> {
  if (files.length > 0) return files;
  const found: string[] = [];
  if (await isFile(DEFAULT_SCHEDULES)) found.push(DEFAULT_SCHEDULES);
  for (const file of await findPipelines(dirname(DEFAULT_SCHEDULES))) {
    const text = await Deno.readTextFile(file);
    if (/^["']?schedule["']?\s*:/m.test(text)) found.push(file);
  }
  if (found.length > 0) return found;
  throw new UsageError(
    `Cannot find a schedule: there is no "${DEFAULT_SCHEDULES}", and no pipeline has a schedule key`,
    { hint: "Name a FILE, or write one of the two" },
  );
}

/** Reads and checks the schedules of `files`; everything that is wrong is told at once. */
export async function loadSchedules(
  files: readonly string[],
  nowMs: number,
): Promise<Checked<readonly Schedule[]>> {
  const diagnostics: Diagnostic[] = [];
  const entries: ScheduleEntry[] = [];
  const names: WrittenName[] = [];
  for (const file of files) {
    const found = await entriesOf(file);
    entries.push(...found.entries);
    names.push(...found.names);
    diagnostics.push(...found.findings);
  }
  const report = newReport();
  const schedules = entries.map(scheduleOf);
  refuseTwins(names, report);
  for (const schedule of schedules) {
    diagnostics.push(...await checkPipeline(schedule, nowMs, report));
  }
  const found = sortDiagnostics([...diagnostics, ...report.findings()]);
  return found.some(({ severity }) => severity === "error")
    ? { ok: false, diagnostics: found }
    : { ok: true, value: schedules, warnings: found };
}

interface FileSchedules extends SchedulesFile {
  /** Names of all entries, also of those with faults, in the order of the file. */
  readonly names: readonly WrittenName[];
}

async function entriesOf(file: string): Promise<FileSchedules> {
  const text = await readPipelineText(file);
  const written = writtenScheduleNames({ name: file, text });
  const found = isSchedulesText(text)
    ? await loadSchedulesFile(file)
    : await ownSchedules(file);
  // An entry of a pipeline may go by the pipeline's name.
  const isWritten = ({ places: { name } }: ScheduleEntry) =>
    written.some(({ place }) => place.position.offset === name.position.offset);
  const unwritten = found.entries.filter((entry) => !isWritten(entry))
    .map(({ name, places }) => ({ name, place: places.name }));
  const names = [...written, ...unwritten].sort((left, right) =>
    left.place.position.offset - right.place.position.offset
  );
  return { ...found, names };
}

async function ownSchedules(file: string): Promise<SchedulesFile> {
  const checked = await loadPipeline(file);
  if (!checked.ok) return { entries: [], findings: checked.diagnostics };
  const { schedules } = checked.value;
  if (schedules === undefined) {
    throw new UsageError(
      `Cannot read schedules from "${file}": it has neither a "schedules" nor a "schedule" key`,
      { hint: "Name a schedules file, or a pipeline with a schedule" },
    );
  }
  return { entries: schedules, findings: checked.warnings };
}

function refuseTwins(names: readonly WrittenName[], report: Report): void {
  const first = new Map<string, WrittenName>();
  for (const one of names) {
    const other = first.get(one.name);
    if (other === undefined) first.set(one.name, one);
    else {
      report.error(
        one.place,
        `Cannot use "${one.name}" as the name of a schedule: the one at ${
          formatPosition(other.place.position)
        } has it already`,
        "Rename one of the two",
      );
    }
  }
}

/** Loads the pipeline as the next two ticks would; answers what is wrong with it. */
async function checkPipeline(
  schedule: Schedule,
  nowMs: number,
  report: Report,
): Promise<readonly Diagnostic[]> {
  const first = schedule.times.next(nowMs) ?? nowMs;
  const second = schedule.times.next(first) ?? first + 1;
  const runs: string[] = [];
  for (const [index, dueMs] of [first, second].entries()) {
    const moment = { dueMs, number: index + 1 };
    const overrides = schedule.set.map((text) =>
      fillPlaceholders(text, moment, schedule.zone)
    );
    const loaded = await loadTarget(schedule, overrides, report);
    if (loaded === null) return [];
    if (!loaded.ok) {
      report.error(
        schedule.places.pipeline,
        `Cannot use schedule "${schedule.name}": its pipeline "${schedule.pipeline}" is refused`,
        schedule.set.length === 0
          ? "Correct the pipeline"
          : `Correct the pipeline or the overrides; the next tick sets ${
            overrides.join(", ")
          }`,
      );
      return loaded.diagnostics;
    }
    runs.push(loaded.value.name);
  }
  if (schedule.overlap === "allow" && runs[0] === runs[1]) {
    report.error(
      schedule.places.overlap,
      `Cannot use schedule "${schedule.name}": with overlap "allow" two ticks would run "${
        runs[0]
      }" at once, and a run has one runner`,
      'Let each tick have a run of its own, for example with set: ["name=nightly-{{ tick.date }}"]',
    );
  }
  return [];
}

async function loadTarget(
  schedule: Schedule,
  overrides: readonly string[],
  report: Report,
): Promise<Awaited<ReturnType<typeof loadPipeline>> | null> {
  try {
    return await loadPipeline(schedule.pipeline, { overrides });
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    const near = await findPipelines(dirname(schedule.pipeline));
    report.error(
      schedule.places.pipeline,
      `Cannot use schedule "${schedule.name}": ${lowerFirst(error.message)}${
        didYouMean(schedule.pipeline, near)
      }`,
      "Write the path of a pipeline, relative to the file of the schedule",
    );
    return null;
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
