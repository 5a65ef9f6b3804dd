// Commands that make a folder never replace one.
import { UsageError } from "../error/failure.ts";

/** @throws {UsageError} where something is there already; `action` as in "export to". */
export async function requireAbsent(
  folder: string,
  action: string,
): Promise<void> {
  try {
    await Deno.lstat(folder);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  throw new UsageError(`Cannot ${action} "${folder}": it exists already`, {
    hint: "Name a folder that does not exist: nothing is replaced",
  });
}
