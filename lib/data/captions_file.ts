// The captions file of a dataset.
import { RefusedError } from "../error/failure.ts";
import { type Caption, parseCaptions } from "../format/captions.ts";

/**
 * Reads and checks a captions file.
 *
 * @throws {RefusedError} when the file is missing or empty, or with `file:line` of every line that is wrong, as far as a person reads.
 */
export async function readCaptionsFile(path: string): Promise<Caption[]> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new RefusedError(
      `Cannot read captions: there is no file "${path}"`,
      { cause, hint: "Correct captions_file, or make the data first" },
    );
  }
  return parseCaptions(text, path);
}
