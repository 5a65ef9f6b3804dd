// Damaged or refused step folders are moved aside and kept: deleting is left to the user.
import { dirname, join } from "node:path";
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import { renameEntry, syncFolder } from "../disk/folder_entries.ts";

/**
 * Renames `folder` so that no key finds it any more, and leaves a note with the reason in it. Answers the new path.
 * The caller holds the step's lock; `at` is the time that the new name shows.
 *
 * @throws {Deno.errors.NotFound} where the folder is not there
 */
export async function setAside(
  folder: string,
  reason: string,
  at: Date = new Date(),
): Promise<string> {
  const stamp = at.toISOString().replaceAll(/[-:]|\.\d+/g, "");
  for (let number = 1;; number++) {
    const target = `${folder}.aside-${stamp}${
      number === 1 ? "" : `-${number}`
    }`;
    try {
      Deno.lstatSync(target);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      await renameEntry(folder, target);
      await syncFolder(dirname(folder));
      await writeJsonAtomically(join(target, "aside.json"), {
        reason,
        at: at.toISOString(),
      });
      return target;
    }
  }
}
