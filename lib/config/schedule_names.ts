// Names that a file gives to its schedules, read without a look at the rest: a schedule with other faults has its name all the same.
import {
  isNull,
  locate,
  type Located,
  type Place,
  placeOf,
} from "../source/located_tree.ts";
import type { SourceText } from "../source/position.ts";
import { newReport } from "./report.ts";
import { readYaml } from "./yaml_document.ts";

/** A name and where it is written. */
export interface WrittenName {
  readonly name: string;
  readonly place: Place;
}

/** Every written name of a schedule in a schedules file or a pipeline; none where the text cannot be parsed. */
export function writtenScheduleNames(source: SourceText): WrittenName[] {
  const tree = readYaml(source, newReport());
  if (tree === undefined) return [];
  return ["schedules", "schedule"].flatMap((key) => {
    const written = locate(tree, [key]);
    if (written === undefined || isNull(written)) return [];
    const entries = written.kind === "list" ? written.items : [written];
    return entries.flatMap((entry) => nameOf(entry) ?? []);
  });
}

function nameOf(entry: Located): WrittenName | null {
  const name = entry.kind === "map" ? locate(entry, ["name"]) : undefined;
  if (name?.kind !== "scalar" || typeof name.value !== "string") return null;
  return { name: name.value, place: placeOf(entry, ["name"]) };
}
