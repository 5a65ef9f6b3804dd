// The text of a pipeline file.
import { RefusedError } from "../error/failure.ts";

/**
 * Reads a UTF-8 file.
 *
 * @throws {RefusedError} when it is missing, unreadable, a folder or not text
 */
export async function readPipelineText(path: string): Promise<string> {
  const bytes = await readBytes(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new RefusedError(`Cannot read "${path}": it is not UTF-8 text`, {
      cause,
      hint: "Save it as UTF-8",
    });
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    if (
      cause instanceof Deno.errors.NotFound ||
      cause instanceof Deno.errors.NotADirectory
    ) {
      throw new RefusedError(`Cannot read "${path}": there is no such file`, {
        cause,
        hint:
          "Correct the path, or leave FILE out for every pipeline in pipelines/",
      });
    }
    if (cause instanceof Deno.errors.NotCapable) {
      throw new RefusedError(
        `Cannot read "${path}": reading it is not permitted`,
        { cause, hint: `Run with -R=.,${path}` },
      );
    }
    const isFolder = cause instanceof Deno.errors.IsADirectory ||
      (cause instanceof Error && /directory/i.test(cause.message));
    if (isFolder) {
      throw new RefusedError(`Cannot read "${path}": it is a folder`, {
        cause,
        hint: "Name a YAML file",
      });
    }
    if (cause instanceof Deno.errors.PermissionDenied) {
      throw new RefusedError(
        `Cannot read "${path}": the system does not let you`,
        { cause, hint: "Change its mode or its owner" },
      );
    }
    throw cause;
  }
}
