// The folder of all runs, as a user names it.
import { UsageError } from "../error/failure.ts";

/**
 * Looks at the place that --runs names; one that does not exist yet is fine.
 *
 * @throws {UsageError} where it has no name, has a comma in it, or is something else than a folder
 */
export function requireRunsFolder(runsDir: string): void {
  const hint = "Name a folder with --runs, or leave the option out for `runs`";
  if (runsDir === "") {
    throw new UsageError('Cannot use "" as the folder of runs: it is empty', {
      hint,
    });
  }
  if (runsDir.includes(",")) {
    throw new UsageError(
      `Cannot use "${runsDir}" as the folder of runs: Deno reads a comma in a permission as the end of the path`,
      { hint: "Move or rename the folder so that its path has no comma" },
    );
  }
  try {
    if (Deno.statSync(runsDir).isDirectory) return;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (!(error instanceof Deno.errors.NotADirectory)) throw error;
  }
  throw new UsageError(
    `Cannot use "${runsDir}" as the folder of runs: it is not a folder`,
    { hint },
  );
}
