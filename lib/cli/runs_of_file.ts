// The runs that a pipeline file stands for: one, or one per cell of its matrix.
import { loadRuns, namesOfRuns } from "../config/load_matrix.ts";
import { RefusedError } from "../error/failure.ts";
import { renderDiagnostics } from "../source/diagnostic.ts";
import type { Print } from "./plan_command.ts";

/** What the command says about the file. */
export interface FileOfRuns {
  readonly overrides: readonly string[];
  /** The one cell of a matrix that is meant. */
  readonly cell?: string | undefined;
  /** What cannot be done where the file is refused, as an infinitive. */
  readonly action: string;
  readonly hint: string;
}

/**
 * Names of the runs.
 *
 * @throws {RefusedError} where the file is refused; why was printed
 */
export async function runsOfFile(
  file: string,
  { overrides, cell, action, hint }: FileOfRuns,
  print: Print,
): Promise<readonly string[]> {
  const loaded = await loadRuns(file, {
    ...{ overrides, checkPaths: false },
    ...(cell === undefined ? {} : { cell }),
  });
  if (!loaded.ok) {
    print.err(renderDiagnostics(loaded.diagnostics, { color: print.color }));
    throw new RefusedError(
      `Cannot ${action} "${file}": the pipeline is refused`,
      { hint },
    );
  }
  return namesOfRuns(loaded.value);
}
