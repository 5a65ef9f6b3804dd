// Gives a run another name. Its steps stay where they are: the store knows work by its keys, not by runs.
import { runNameFault } from "../config/step_names.ts";
import { UsageError } from "../error/failure.ts";
import {
  removeEntry,
  renameEntry,
  syncFolder,
} from "../disk/folder_entries.ts";
import { readRunManifest, writeRunManifest } from "../store/run_record.ts";
import { writeRenamingNote } from "../store/renaming_note.ts";
import { runPaths } from "../store/store_layout.ts";
import { holdIdleRun, lockName } from "./idle_run.ts";

/**
 * Renames a run; a process that ends halfway leaves a run that is whole, under one of the two names.
 *
 * @throws {UsageError} where there is no such run, or the new name cannot be one or is taken
 * @throws {LockedError} where somebody works on the run
 * @throws {StoredStateError} where its manifest cannot be understood
 */
export async function renameRun(
  runsDir: string,
  from: string,
  to: string,
): Promise<void> {
  const fault = runNameFault(to);
  if (fault !== undefined) {
    throw new UsageError(
      `Cannot rename run "${from}" to ${JSON.stringify(to)}: ${fault}`,
    );
  }
  await using _from = await holdIdleRun(runsDir, from, "rename");
  const target = runPaths(runsDir, to).folder;
  refuseTaken(target, from, to);
  await using _to = await lockName(runsDir, to, "rename to");
  refuseTaken(target, from, to);
  await writeRenamingNote(runsDir, from, to);
  await renameEntry(runPaths(runsDir, from).folder, target);
  await syncFolder(runsDir);
  const manifest = (await readRunManifest(runsDir, to))!;
  const { version: _version, ...rest } = manifest;
  await writeRunManifest(runsDir, { ...rest, run: to });
  await removeEntry(runPaths(runsDir, to).renaming);
  await syncFolder(target);
}

function refuseTaken(target: string, from: string, to: string): void {
  try {
    Deno.lstatSync(target);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  throw new UsageError(
    `Cannot rename run "${from}" to "${to}": "${target}" is there already`,
    { hint: "Choose another name, or remove that run first" },
  );
}
