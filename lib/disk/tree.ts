// Walks of a folder: its files in a fixed order, their sync, and what a crash left behind.
import { join } from "node:path";
import { isTemporaryName } from "./atomic_write.ts";
import { removeTree, syncFile, syncFolder } from "./folder_entries.ts";

/** One entry below a folder that is not a folder itself. */
export interface TreeEntry {
  /** Relative to the walked folder, with "/" between parts. */
  readonly path: string;
  readonly kind: "file" | "link" | "other";
}

/**
 * All files and links below `folder`, sorted by path in code unit order. Links are named, never followed.
 * Names of unfinished writes are left out, and so is what `skip` answers true for.
 */
export function listTree(
  folder: string,
  skip: (path: string) => boolean = () => false,
): TreeEntry[] {
  const found: TreeEntry[] = [];
  walk(folder, "", skip, found);
  return found.sort((left, right) => left.path < right.path ? -1 : 1);
}

/** Syncs every file and every folder below `folder`, deepest first, and `folder` itself. */
export async function syncTree(folder: string): Promise<void> {
  for (const entry of entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) await syncTree(path);
    else if (entry.isFile) await syncFile(path);
  }
  await syncFolder(folder);
}

/**
 * Deletes what unfinished writes left in `folder` and below. Only the holder of the folder's lock may call it: a writer
 * at work would lose its file. Answers the paths that went.
 */
export async function removeLeftovers(folder: string): Promise<string[]> {
  const removed: string[] = [];
  for (const entry of entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (isTemporaryName(entry.name)) {
      await removeTree(path);
      removed.push(path);
    } else if (entry.isDirectory) removed.push(...await removeLeftovers(path));
  }
  return removed.sort();
}

/** By name, so that the order of what is done does not depend on the disk. */
function entriesOf(folder: string): Deno.DirEntry[] {
  return [...Deno.readDirSync(folder)].sort((left, right) =>
    left.name < right.name ? -1 : 1
  );
}

function walk(
  folder: string,
  prefix: string,
  skip: (path: string) => boolean,
  found: TreeEntry[],
): void {
  for (const entry of Deno.readDirSync(folder)) {
    const path = prefix + entry.name;
    if (isTemporaryName(entry.name) || skip(path)) continue;
    if (entry.isDirectory) {
      walk(join(folder, entry.name), `${path}/`, skip, found);
    } else {found.push({
        path,
        kind: entry.isFile ? "file" : entry.isSymlink ? "link" : "other",
      });}
  }
}
