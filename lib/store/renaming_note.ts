// The note in a run's folder that is being renamed. The folder's new name and the manifest's cannot change in one step: until both
// have, the note says that they belong together.
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import { seal } from "../disk/sealed_record.ts";
import { StoredStateError } from "../error/failure.ts";
import { runPaths } from "./store_layout.ts";
import { readSealedRecord } from "./stored_json.ts";

const VERSION = 1;

/** Writes into the folder of run `from` that it is about to become run `to`. */
export async function writeRenamingNote(
  runsDir: string,
  from: string,
  to: string,
): Promise<void> {
  await writeJsonAtomically(
    runPaths(runsDir, from).renaming,
    seal({ version: VERSION, from, to }),
  );
}

/** Whether the folder of run `to` was that of run `from` and its manifest has not followed yet. */
export async function isRenamed(
  runsDir: string,
  from: unknown,
  to: string,
): Promise<boolean> {
  try {
    const path = runPaths(runsDir, to).renaming;
    const note = await readSealedRecord(path, VERSION, []);
    return note !== null && note["from"] === from && note["to"] === to;
  } catch (error) {
    // A note that cannot be understood vouches for nothing.
    if (error instanceof StoredStateError) return false;
    throw error;
  }
}
