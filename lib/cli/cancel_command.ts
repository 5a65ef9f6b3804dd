// `fluxline cancel`: ends the jobs of a run; what they have saved stays.
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { counted } from "../plan/text_table.ts";
import { cancelJobs } from "../slurm/run_jobs.ts";
import { requireRunsFolder } from "../store/runs_folder.ts";
import type { Print } from "./plan_command.ts";
import { runsOfFile } from "./runs_of_file.ts";

/** Options of `cancel`. */
export interface CancelCommandOptions {
  /** Folder of all runs. */
  readonly runs: string;
  readonly set: readonly string[];
  /** The one cell of a matrix that is meant; all of them where it is left out. */
  readonly cell?: string;
  readonly json: boolean;
}

/** Cancels every job of the pipeline's run. */
export async function cancelCommand(
  file: string,
  options: CancelCommandOptions,
  print: Print,
): Promise<ExitCode> {
  requireRunsFolder(options.runs);
  const names = await runsOfFile(file, {
    overrides: options.set,
    cell: options.cell,
    action: "cancel the jobs of",
    hint: "Correct the file, or cancel the jobs with scancel",
  }, print);
  const told: unknown[] = [];
  // All cells at once: the place of one that ended would go to the next.
  const { ids, haveEnded } = await cancelJobs(options.runs, names);
  for (const [name, cancelled] of ids) {
    told.push({ run: name, cancelled, haveEnded });
    if (!options.json) print.out(cancelText(name, cancelled, haveEnded));
  }
  if (options.json) {
    print.out(JSON.stringify(told.length === 1 ? told[0] : told, null, 2));
  }
  return EXIT_CODE.done;
}

function cancelText(
  name: string,
  ids: readonly string[],
  haveEnded: boolean,
): string {
  if (ids.length === 0) return `Run "${name}" has no jobs in the queue`;
  const end = haveEnded
    ? "all have ended"
    : "still ending: some save, and `fluxline status` shows them";
  return `Cancelled ${counted(ids.length, "job")} of run "${name}": ${
    ids.join(", ")
  }; ${end}, and \`train\` goes on from there`;
}
