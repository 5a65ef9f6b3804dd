// The words of `fluxline why`: a line for each changed field, the files of changed data, and what was read undeclared.
import type { DataChange } from "../plan/data_changes.ts";
import { paintChange, type PaintOptions } from "../plan/paint.ts";
import type { PlannedStep } from "../plan/plan.ts";
import { textTable } from "../plan/text_table.ts";
import type { WorkChange } from "../plan/work_changes.ts";
import { withoutControls } from "../report/markup.ts";

/** What is known of the reasons. */
export interface Why {
  readonly step: PlannedStep;
  /** Changed values, each with a place in the file, `--set #n`, `default`, or what it stands for. */
  readonly changes: readonly (WorkChange & { readonly origin: string })[];
  readonly data: readonly DataChange[];
  /** Paths that the last run asked to read without declaring them. */
  readonly undeclared: readonly string[];
}

/** More names than these are counted. */
const MOST_FILES = 20;

/** The whole text. */
export function renderWhy(
  { step, changes, data, undeclared }: Why,
  options: PaintOptions,
): string {
  const { name, action, reason } = step;
  const isRedone = changes.length > 0 && action !== "reuse";
  return [
    `${name}: ${action}, ${isRedone ? "its work changed" : reason}`,
    ...(changes.length > 0 && !isRedone
      ? ["Since the last run of this pipeline:"]
      : []),
    ...changeLines(changes, options),
    ...data.flatMap(dataLines),
    ...(undeclared.length === 0 ? [] : [
      "Its last run asked to read what it does not declare:",
      ...undeclared.map((path) => `  ${withoutControls(path)}`),
    ]),
  ].join("\n");
}

function changeLines(
  changes: Why["changes"],
  options: PaintOptions,
): string[] {
  const values = changes.map(({ old, new: now }) =>
    [JSON.stringify(old), JSON.stringify(now)] as const
  );
  const lines = textTable(
    changes.map(({ key, origin }, index) => [
      key.replace(/^options\./, ""),
      values[index]!.join(" -> "),
      origin,
    ]),
    "  ",
  );
  // Painted behind the layout: codes take no room on the screen.
  return lines.map((line, index) => {
    const [old, now] = values[index]!;
    return line.replace(
      `${old} -> ${now}`,
      () => paintChange(old, now, options),
    );
  });
}

function dataLines({ dataset, files }: DataChange): string[] {
  if (files === null) {
    return [`Files of dataset ${dataset}: the last run kept no list of them`];
  }
  const kinds = Object.entries(files) as [string, readonly string[]][];
  const named = kinds.flatMap(([kind, names]) =>
    names.map((name) => `  ${kind} ${withoutControls(name)}`)
  );
  const rest = named.length - MOST_FILES;
  return [
    `Files of dataset ${dataset}:`,
    ...named.slice(0, MOST_FILES),
    ...(rest > 0 ? [`  and ${rest} more; --json names all`] : []),
  ];
}
