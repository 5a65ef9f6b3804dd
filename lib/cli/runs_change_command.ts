// `fluxline runs rename` and `fluxline runs rm`: the records of a run get another name, or go.
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { formatBytes } from "../disk/byte_count.ts";
import { counted } from "../plan/text_table.ts";
import { writeReport } from "../report/write_report.ts";
import { requireRunsFolder } from "../store/runs_folder.ts";
import { type KeptStep, removeRun } from "../upkeep/remove_run.ts";
import { renameRun } from "../upkeep/rename_run.ts";
import { shownPath } from "../worker/permissions.ts";
import type { Print } from "./plan_command.ts";

/** Options of `runs rename` and `runs rm`. */
export interface ChangeRunOptions {
  /** Folder of all runs. */
  readonly runs: string;
  readonly json?: true;
}

/** Renames a run and writes its page again, which names it. */
export async function renameRunCommand(
  from: string,
  to: string,
  { runs: runsDir, json }: ChangeRunOptions,
  print: Print,
): Promise<ExitCode> {
  requireRunsFolder(runsDir);
  await renameRun(runsDir, from, to);
  await writeReport(runsDir, to);
  print.out(
    json === true
      ? JSON.stringify({ from, to }, null, 2)
      : `Run ${from} is now ${to}; to go on with it, write \`name: ${to}\` into its pipeline`,
  );
  return EXIT_CODE.done;
}

/** Removes runs one by one, and says what the store keeps. */
export async function removeRunsCommand(
  names: readonly string[],
  { runs: runsDir, json }: ChangeRunOptions,
  print: Print,
): Promise<ExitCode> {
  requireRunsFolder(runsDir);
  const removed: { readonly run: string; readonly kept: KeptStep[] }[] = [];
  for (const run of new Set(names)) {
    const kept = await removeRun(runsDir, run);
    removed.push({ run, kept });
    if (json !== true) {
      print.out([`Removed run ${run}`, ...keptLines(kept)].join("\n"));
    }
  }
  if (json === true) print.out(JSON.stringify({ removed }, null, 2));
  return EXIT_CODE.done;
}

function keptLines(kept: readonly KeptStep[]): string[] {
  const alone = kept.filter(({ sharedWith }) => sharedWith.length === 0);
  const bytes = alone.reduce((sum, one) => sum + one.bytes, 0);
  const shared = kept.filter(({ sharedWith }) => sharedWith.length > 0);
  return [
    ...(alone.length === 0 ? [] : [
      `  The store keeps ${
        counted(alone.length, "step")
      } that no other run refers to (${
        formatBytes(bytes)
      }); \`gc --yes\` removes ${alone.length === 1 ? "it" : "them"}:`,
      ...alone.map(({ folder }) => `    ${shownPath(folder)}`),
    ]),
    ...(shared.length === 0 ? [] : [
      "  Other runs need:",
      ...shared.map(({ folder, sharedWith }) =>
        `    ${shownPath(folder)}, used by ${sharedWith.join(", ")}`
      ),
    ]),
  ];
}
