// What an attempt left that ended before it saved anything: it would otherwise mix with what the next attempt writes.
import { join } from "node:path";
import { removeTree, syncFolder } from "../disk/folder_entries.ts";
import { StoredStateError } from "../error/failure.ts";
import { stepPaths } from "./store_layout.ts";

/**
 * Empties an unfinished step folder, apart from the logs of its attempts. The caller holds the step's lock. Answers the names
 * that went; a folder that does not exist has none.
 *
 * @throws {StoredStateError} where the folder holds a marker or a checkpoint: that is never deleted
 */
export async function clearUnfinished(folder: string): Promise<string[]> {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(folder)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  const { marker, checkpointManifest } = stepPaths(folder);
  const kept = entries.find((entry) =>
    [marker, checkpointManifest].includes(join(folder, entry.name))
  );
  if (kept !== undefined) {
    throw new StoredStateError(
      `Cannot clear "${folder}": it holds "${kept.name}"`,
    );
  }
  const removed = entries.map((entry) => entry.name).filter((name) =>
    name !== "attempts"
  ).sort();
  for (const name of removed) {
    await removeTree(join(folder, name));
  }
  await syncFolder(folder);
  return removed;
}
