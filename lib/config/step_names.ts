// Names of runs and steps: unique, and safe as names of files.
import { locate, type Place } from "../source/located_tree.ts";
import { formatPosition } from "../source/position.ts";
import type { Report } from "./report.ts";
import { placeIn, type StepDraft } from "./step_drafts.ts";

/** The run folders stand beside this one. */
const RESERVED_RUN_NAMES = ["store"];
const LONGEST_NAME = 64;

/** What is wrong with a name, or undefined. */
export function nameFault(name: string): string | undefined {
  if (name.trim() === "") return "it is empty";
  if (name.length > LONGEST_NAME) {
    return `it has ${name.length} characters, at most ${LONGEST_NAME} are allowed`;
  }
  if (!/^[A-Za-z0-9]/.test(name)) {
    return "it must start with a letter or a digit";
  }
  const odd = /[^A-Za-z0-9._-]/u.exec(name)?.[0];
  if (odd !== undefined) {
    return `it holds ${
      JSON.stringify(odd)
    }; letters, digits, ".", "_" and "-" are allowed`;
  }
  return /\.(lock|json|tmp)$/.test(name)
    ? "it ends like a file of the runs folder"
    : undefined;
}

/** What is wrong with the name of a run, which names a folder, or undefined. */
export function runNameFault(name: string): string | undefined {
  if (RESERVED_RUN_NAMES.includes(name.toLowerCase())) {
    return "it is reserved for the folder that runs share";
  }
  return /\.matrix$/i.test(name)
    ? "it ends like the folder of a matrix"
    : nameFault(name);
}

/** Reports a run name that cannot be a folder. */
export function checkRunName(name: string, place: Place, report: Report): void {
  const fault = runNameFault(name);
  if (fault !== undefined) {
    report.error(
      place,
      `Cannot use "${name}" as the name of a run: ${fault}`,
      'Write another "name" at the top of the file',
    );
  }
}

/** Reports empty, unsafe and repeated step names. */
export function checkStepNames(
  drafts: readonly StepDraft[],
  report: Report,
): void {
  const first = new Map<string, StepDraft>();
  for (const draft of drafts) {
    const written = locate(draft.merged, ["name"]);
    if (written?.kind !== "scalar" || typeof written.value !== "string") {
      continue; // the schema has told
    }
    const place = placeIn(draft, "name");
    const fault = nameFault(draft.name);
    if (fault !== undefined) {
      report.error(
        place,
        `Cannot use ${
          JSON.stringify(draft.name)
        } as the name of a step: ${fault}`,
      );
      continue;
    }
    const before = first.get(draft.name);
    if (before === undefined) first.set(draft.name, draft);
    else {
      const there = formatPosition(placeIn(before, "name").position);
      report.error(
        place,
        `Cannot use "${draft.name}" as the name of a step: the step at ${there} has it already`,
        "Rename one of the two",
      );
    }
  }
}
