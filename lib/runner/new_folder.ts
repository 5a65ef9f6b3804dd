// Commands that make a folder never replace one.
import { UsageError } from "../error/failure.ts";

/** @throws {UsageError} where something is there already, or a folder of its path is none; `action` as in "export to". */
export async function requireAbsent(
  folder: string,
  action: string,
): Promise<void> {
  try {
    await Deno.lstat(folder);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (!(error instanceof Deno.errors.NotADirectory)) throw error;
    throw new UsageError(
      `Cannot ${action} "${folder}": a part of its path is no folder`,
      { hint: "Name a folder that does not exist, inside one that does" },
    );
  }
  throw new UsageError(`Cannot ${action} "${folder}": it exists already`, {
    hint: "Name a folder that does not exist: nothing is replaced",
  });
}
