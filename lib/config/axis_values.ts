// The values of a matrix axis, each with the short name that it has in the names of cells.
import {
  exactValue,
  type Located,
  type Place,
} from "../source/located_tree.ts";
import { foundText } from "./issue_message.ts";
import type { Report } from "./report.ts";
import { nameFault } from "./step_names.ts";

/** One value of an axis. */
export interface AxisValue {
  /** How the value is called in the name of a cell. */
  readonly label: string;
  readonly value: Located;
}

/** The values of a list; null where one of them, or the list, is not usable, which is reported. */
export function readValues(
  items: readonly Located[],
  place: Place,
  where: string,
  report: Report,
): readonly AxisValue[] | null {
  if (items.length === 0) {
    report.error(
      place,
      `Cannot read ${where}: it has no values, so there is nothing to run`,
      "Write at least one value, or take the axis out",
    );
    return null;
  }
  const values = items.map((item) => readAxisValue(item, where, report));
  const seen = new Set<string>();
  for (const one of values) {
    if (one === null) continue;
    if (seen.has(one.label)) {
      report.error(
        one.value.place,
        `Cannot read ${where}: two of its values are called "${one.label}", so that cells would share a name`,
        "Take one out, or write { name: another, value: ... }",
      );
    }
    seen.add(one.label);
  }
  return values.includes(null) ? null : values as AxisValue[];
}

/** A value with the name that cells give it; null (reported) where that cannot be part of a file's name. */
export function readAxisValue(
  item: Located,
  where: string,
  report: Report,
): AxisValue | null {
  const named = namedValue(item);
  const value = named?.value ?? item;
  const label = named?.name ?? valueLabel(value);
  const fault = label === null ? "a map has no short name" : labelFault(label);
  if (label !== null && label !== "" && fault === undefined) {
    return { label, value };
  }
  report.error(
    item.place,
    `Cannot name a cell after ${
      named === null ? foundText(exactValue(value)) : JSON.stringify(label)
    } of ${where}, since the name of a cell is the name of a folder: ${
      fault ?? "it is empty"
    }`,
    "Give the value a name of its own: { name: short, value: ... }",
  );
  return null;
}

/** A name begins with that of the axis, so that a label may begin with anything. */
function labelFault(label: string): string | undefined {
  return nameFault(`x${label}`) === undefined ? undefined : nameFault(label);
}

/** `{ name, value }`: a value that says how it is called. */
function namedValue(
  item: Located,
): { readonly name: string; readonly value: Located } | null {
  if (item.kind !== "map" || item.entries.size !== 2) return null;
  const name = item.entries.get("name")?.value;
  const value = item.entries.get("value")?.value;
  if (name?.kind !== "scalar" || value === undefined) return null;
  return { name: String(name.value), value };
}

function valueLabel(value: Located): string | null {
  if (value.kind === "map") return null;
  if (value.kind === "scalar") {
    return typeof value.value === "number"
      ? numberLabel(value.value)
      : String(value.value);
  }
  const labels = value.items.map(valueLabel);
  return labels.includes(null) ? null : labels.join("_") || "none";
}

/** A number as cells are named after it. */
export function numberLabel(value: number): string {
  return String(value).replace("e+", "e");
}
