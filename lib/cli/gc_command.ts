// `fluxline gc`: shows what no run refers to, and removes it where it is told to.
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { formatBytes } from "../disk/byte_count.ts";
import { counted, textTable } from "../plan/text_table.ts";
import { requireRunsFolder } from "../store/runs_folder.ts";
import { findGarbage, type Garbage, removeGarbage } from "../upkeep/garbage.ts";
import { shownPath } from "../worker/permissions.ts";
import type { Print } from "./plan_command.ts";

/** Options of `gc`. */
export interface GcCommandOptions {
  /** Folder of all runs. */
  readonly runs: string;
  /** Removes; without it nothing is changed. */
  readonly yes?: true;
  readonly json?: true;
}

/** Shows, or with `yes` removes, what no run refers to. */
export async function gcCommand(
  options: GcCommandOptions,
  print: Print,
): Promise<ExitCode> {
  requireRunsFolder(options.runs);
  const garbage = await findGarbage(options.runs);
  const isRemoving = options.yes === true;
  const left = isRemoving ? await removeGarbage(options.runs, garbage) : [];
  if (options.json === true) {
    const removed = isRemoving
      ? garbage.filter((one) => !left.includes(one))
      : [];
    print.out(JSON.stringify({ garbage, removed }, null, 2));
    return EXIT_CODE.done;
  }
  if (garbage.length > 0) {
    const rows = garbage.map((
      one,
    ) => [shownPath(one.path), formatBytes(one.bytes), wordsOf(one, left)]);
    print.out(textTable(rows).join("\n"));
  }
  print.out(closingLine(garbage, left, isRemoving));
  return EXIT_CODE.done;
}

function wordsOf(one: Garbage, left: readonly Garbage[]): string {
  return left.includes(one) ? "kept: it is in use" : one.reason;
}

function closingLine(
  garbage: readonly Garbage[],
  left: readonly Garbage[],
  isRemoving: boolean,
): string {
  if (garbage.length === 0) return "Every stored thing is referred to by a run";
  const gone = garbage.filter((one) => !left.includes(one));
  const bytes = gone.reduce((sum, one) => sum + one.bytes, 0);
  const what = `${counted(gone.length, "entry", "entries")} with ${
    formatBytes(bytes)
  }`;
  return isRemoving
    ? `Removed ${what}`
    : `${what} may go; nothing was changed: \`gc --yes\` removes them`;
}
