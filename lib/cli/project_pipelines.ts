// Which pipelines a command works on where no file is named.
import { findPipelines } from "../config/load_pipeline.ts";
import { UsageError } from "../error/failure.ts";

/** Folder that is searched. */
const PIPELINE_FOLDER = "pipelines";

/**
 * The files as named, else every pipeline of the project.
 *
 * @throws {UsageError} where there is none
 */
export async function chosenPipelines(
  files: readonly string[],
): Promise<readonly string[]> {
  const chosen = files.length > 0
    ? files
    : await findPipelines(PIPELINE_FOLDER);
  if (chosen.length > 0) return chosen;
  throw new UsageError(
    `Cannot find a pipeline: no file below "${PIPELINE_FOLDER}" has a training key`,
    { hint: "Name a FILE, or work in the folder of a project" },
  );
}
