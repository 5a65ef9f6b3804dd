// `fluxline report`: writes the page about a run again.
import { EXIT_CODE, type ExitCode } from "../error/exit_code.ts";
import { UsageError } from "../error/failure.ts";
import { readMatrixFacts } from "../matrix/matrix_facts.ts";
import { matrixCalled } from "../matrix/matrix_record.ts";
import { writeMatrixReport } from "../report/write_matrix_report.ts";
import { writeReport } from "../report/write_report.ts";
import { requireRunsFolder } from "../store/runs_folder.ts";
import { shownPath } from "../worker/permissions.ts";
import { chosenRun } from "./chosen_run.ts";
import type { Print } from "./plan_command.ts";

/** Options of `report`. */
export interface ReportCommandOptions {
  /** Folder of all runs. */
  readonly runs: string;
  readonly json?: true;
}

/** Writes the page and tells where it is. */
export async function reportCommand(
  run: string | undefined,
  options: ReportCommandOptions,
  print: Print,
): Promise<ExitCode> {
  requireRunsFolder(options.runs);
  const matrix = run === undefined ? null : matrixCalled(options.runs, run);
  const facts = matrix === null
    ? null
    : await readMatrixFacts(options.runs, matrix);
  if (facts !== null) {
    const path = shownPath(await writeMatrixReport(options.runs, facts));
    const told = { matrix, report: path };
    print.out(options.json === true ? JSON.stringify(told, null, 2) : path);
    return EXIT_CODE.done;
  }
  const name = chosenRun(options.runs, run);
  const path = await writeReport(options.runs, name);
  if (path === null) {
    throw new UsageError(`Cannot report on run "${name}": it has not started`);
  }
  print.out(
    options.json === true
      ? JSON.stringify({ run: name, report: shownPath(path) }, null, 2)
      : shownPath(path),
  );
  return EXIT_CODE.done;
}
