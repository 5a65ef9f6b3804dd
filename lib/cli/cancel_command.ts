// `fluxline cancel`: ends the jobs of a run; what they have saved stays.
import { loadPipeline } from "../config/load_pipeline.ts";
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { counted } from "../plan/text_table.ts";
import { cancelJobs } from "../slurm/run_jobs.ts";
import { renderDiagnostics } from "../source/diagnostic.ts";
import { requireRunsFolder } from "../store/runs_folder.ts";
import type { Print } from "./plan_command.ts";

/** Options of `cancel`. */
export interface CancelCommandOptions {
  /** Folder of all runs. */
  readonly runs: string;
  readonly set: readonly string[];
  readonly json: boolean;
}

/** Cancels every job of the pipeline's run. */
export async function cancelCommand(
  file: string,
  options: CancelCommandOptions,
  print: Print,
): Promise<ExitCode> {
  requireRunsFolder(options.runs);
  const loaded = await loadPipeline(file, {
    overrides: options.set,
    checkPaths: false,
  });
  if (!loaded.ok) {
    print.err(renderDiagnostics(loaded.diagnostics, { color: print.color }));
    return EXIT_CODE.refused;
  }
  const { name } = loaded.value;
  const { ids, haveEnded } = await cancelJobs(options.runs, name);
  if (options.json) {
    print.out(
      JSON.stringify({ run: name, cancelled: ids, haveEnded }, null, 2),
    );
  } else if (ids.length === 0) {
    print.out(`Run "${name}" has no jobs in the queue`);
  } else {
    print.out(
      `Cancelled ${counted(ids.length, "job")} of run "${name}": ${
        ids.join(", ")
      }; ${
        haveEnded
          ? "all have ended"
          : "still ending: some save, and `fluxline status` shows them"
      }, and \`train\` goes on from there`,
    );
  }
  return EXIT_CODE.done;
}
