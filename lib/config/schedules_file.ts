// A file of schedules: `schedules:`, a list of entries that each name a pipeline.
import type { ScheduleEntry } from "../catalog/schedule_options.ts";
import * as v from "valibot";
import { closedMap } from "../catalog/option.ts";
import type { Diagnostic } from "../source/diagnostic.ts";
import { locate } from "../source/located_tree.ts";
import { positionAt } from "../source/position.ts";
import { checkOptions } from "./check_options.ts";
import { readPipelineText } from "./pipeline_text.ts";
import { newReport } from "./report.ts";
import { readScheduleEntries } from "./schedule_entries.ts";
import { readYaml } from "./yaml_document.ts";

const TOP = closedMap({ schedules: v.any() });

/** Whether a YAML text is a schedules file; one that cannot be parsed is if a line of it starts with the key. */
export function isSchedulesText(text: string): boolean {
  const tree = readYaml({ name: "", text }, newReport());
  return tree === undefined
    ? /^["']?schedules["']?\s*:/m.test(text)
    : locate(tree, ["schedules"]) !== undefined;
}

/** The sound entries of a schedules file, and everything that is wrong with the others. */
export interface SchedulesFile {
  readonly entries: readonly ScheduleEntry[];
  readonly findings: readonly Diagnostic[];
}

/**
 * Reads and checks a schedules file; the pipelines that it names are not looked at.
 *
 * @throws {RefusedError} when the file itself cannot be read
 */
export async function loadSchedulesFile(file: string): Promise<SchedulesFile> {
  const source = { name: file, text: await readPipelineText(file) };
  const report = newReport();
  const tree = readYaml(source, report);
  if (tree === undefined) return { entries: [], findings: report.findings() };
  const entries: ScheduleEntry[] = [];
  if (tree.kind !== "map") {
    report.error(
      { source, position: positionAt(source, 0, 0) },
      `Cannot read "${file}": it must hold a map with the key "schedules"`,
    );
  } else {
    checkOptions(TOP, { tree, where: "the schedules file" }, report);
    const list = locate(tree, ["schedules"]);
    if (list !== undefined) {
      entries.push(
        ...readScheduleEntries(list, { kind: "file", file }, report),
      );
    }
  }
  return { entries, findings: report.findings() };
}
