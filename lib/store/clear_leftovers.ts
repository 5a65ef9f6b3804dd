// Half-written records that a killed runner left outside of the step folders.
import { join } from "node:path";
import { isTemporaryName } from "../disk/atomic_write.ts";
import { removeTree } from "../disk/folder_entries.ts";
import { removeLeftovers } from "../disk/tree.ts";
import { runPaths, storeLayout } from "./store_layout.ts";

// Other runs write into these places without a lock; none of their writes takes this long.
const LONGEST_WRITE_MS = 600_000;

/** Removes what unfinished writes left in the run's own folder, and old ones in the places of all runs. The caller holds the run's lock. */
export async function clearLeftovers(
  runsDir: string,
  run: string,
  now: Date = new Date(),
): Promise<void> {
  const { folder } = runPaths(runsDir, run);
  if (isFolder(folder)) await removeLeftovers(folder);
  const { dimensions, dataListings, shards } = storeLayout(runsDir);
  for (
    const shared of [
      ...[runsDir, dimensions, dataListings],
      ...foldersIn(shards),
    ]
  ) {
    if (!isFolder(shared)) continue;
    for (const { name } of [...Deno.readDirSync(shared)]) {
      if (!isTemporaryName(name)) continue;
      const path = join(shared, name);
      const age = now.getTime() - modifiedMs(path);
      if (age > LONGEST_WRITE_MS) await removeTree(path);
    }
  }
}

/** The folders of shards, one for each place on a server. */
function foldersIn(path: string): string[] {
  if (!isFolder(path)) return [];
  return [...Deno.readDirSync(path)].map(({ name }) => join(path, name));
}

/** Now, for one that its writer renamed a moment ago. */
function modifiedMs(path: string): number {
  try {
    return Deno.lstatSync(path).mtime?.getTime() ?? Date.now();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return Date.now();
    throw error;
  }
}

function isFolder(path: string): boolean {
  try {
    return Deno.lstatSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
