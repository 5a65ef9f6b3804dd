// Removes the records of a run. What its steps made stays in the store until `gc` finds that no run refers to it.
import { join } from "node:path";
import { isTemporaryName, temporaryPath } from "../disk/atomic_write.ts";
import { removeTree, renameEntry, syncFolder } from "../disk/folder_entries.ts";
import { StoredStateError } from "../error/failure.ts";
import { listRuns, readRunManifest } from "../store/run_record.ts";
import {
  indexStepFolders,
  runPaths,
  storeLayout,
} from "../store/store_layout.ts";
import { DAMAGED_MANIFEST, sizeOfTree } from "./garbage.ts";
import { holdIdleRun } from "./idle_run.ts";

/** A step folder that the removed run referred to. */
export interface KeptStep {
  readonly name: string;
  readonly folder: string;
  readonly bytes: number;
  /** Other runs that refer to it; where there are none, `gc` would remove it. */
  readonly sharedWith: readonly string[];
}

/**
 * Removes a run and answers what the store keeps of its steps.
 *
 * @throws {UsageError} where there is no such run
 * @throws {LockedError} where somebody works on the run
 * @throws {StoredStateError} where its folder holds what fluxline did not write, or a manifest cannot be understood
 */
export async function removeRun(
  runsDir: string,
  run: string,
): Promise<KeptStep[]> {
  await using _lock = await holdIdleRun(runsDir, run, "remove");
  const { folder } = runPaths(runsDir, run);
  refuseForeign(runsDir, run);
  const kept = await keptSteps(runsDir, run);
  // Gone in one step; what is left of it where this process ends is a leftover that the next start of a run clears.
  const away = temporaryPath(folder);
  await renameEntry(folder, away);
  await syncFolder(runsDir);
  await removeTree(away);
  await syncFolder(runsDir);
  return kept;
}

/** The run's folder may hold notes of a person: nothing of theirs is removed with it. */
function refuseForeign(runsDir: string, run: string): void {
  const { folder, lock: _lock, ...files } = runPaths(runsDir, run);
  const own = new Set<string>(Object.values(files));
  const foreign = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) =>
      !own.has(join(folder, name)) && !isTemporaryName(name) &&
      !DAMAGED_MANIFEST.test(name)
    ).sort();
  if (foreign.length === 0) return;
  throw new StoredStateError(
    `Cannot remove run "${run}": "${folder}" holds ${
      foreign.map((name) => `"${name}"`).join(", ")
    }, which fluxline did not write`,
    { hint: "Move that away, and run the same command again" },
  );
}

async function keptSteps(runsDir: string, run: string): Promise<KeptStep[]> {
  const index = indexStepFolders(runsDir);
  const users = new Map<string, string[]>();
  for (const other of listRuns(runsDir)) {
    if (other === run) continue;
    for (const key of await keysOf(runsDir, other)) {
      users.set(key, [...(users.get(key) ?? []), other]);
    }
  }
  const steps = (await readRunManifest(runsDir, run))?.steps ?? [];
  return steps.flatMap(({ name, key }) =>
    (index.get(key) ?? []).map((entry) => {
      const folder = join(storeLayout(runsDir).store, entry);
      const sharedWith = users.get(key) ?? [];
      return { name, folder, bytes: sizeOfTree(folder), sharedWith };
    })
  );
}

async function keysOf(runsDir: string, run: string): Promise<Set<string>> {
  try {
    const steps = (await readRunManifest(runsDir, run))?.steps ?? [];
    return new Set(steps.map(({ key }) => key));
  } catch (error) {
    // Nobody knows what that run refers to: `gc` refuses until it is known, so nothing depends on the answer here.
    if (error instanceof StoredStateError) return new Set();
    throw error;
  }
}
