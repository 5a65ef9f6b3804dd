// Names in folders: the only way in which fluxline makes, renames and removes them, and makes that durable.
import { operate } from "./operation.ts";

// Nothing of node: is imported here before it is used: the process of a script step needs little of this, and loading node:path
// would lengthen its start by a quarter.

/** Renames `path` to `to`; a file that is there is replaced. Durable once the folder of `to` is synced. */
export async function renameEntry(path: string, to: string): Promise<void> {
  await operate({ kind: "rename", path, to }, () => Deno.rename(path, to));
}

/**
 * Gives the file at `path` the second name `to`, where nothing may be; durable once the folder of `to` is synced. False where the
 * file system cannot: it has no such links, it keeps them from this user, the folders lie on two of them, or the file has as many
 * names as a file may.
 */
export async function linkEntry(path: string, to: string): Promise<boolean> {
  try {
    await operate({ kind: "link", path, to }, () => Deno.link(path, to));
    return true;
  } catch (error) {
    if (error instanceof Error && NO_LINK.test(error.message)) return false;
    throw error;
  }
}

// EPERM, EXDEV, EMLINK, ENOSYS and EOPNOTSUPP.
const NO_LINK = /\(os error (?:1|18|31|38|95)\)/;

/** Removes one file, link or empty folder. */
export async function removeEntry(path: string): Promise<void> {
  await operate({ kind: "remove", path }, () => Deno.remove(path));
}

/** Removes `path` with all that is in it; links are removed, never followed. What somebody else removes meanwhile is gone too. */
export async function removeTree(path: string): Promise<void> {
  try {
    const { isDirectory } = await Deno.lstat(path);
    if (isDirectory) {
      const names = [...Deno.readDirSync(path)].map(({ name }) => name).sort();
      for (const name of names) await removeTree(`${path}/${name}`);
    }
    await removeEntry(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Makes one folder, whose parent must be there; durable once the parent is synced. */
export async function makeEntry(folder: string): Promise<void> {
  await operate({ kind: "make", path: folder }, () => Deno.mkdir(folder));
}

/** Creates `folder` and the missing folders above it, and syncs each new entry. */
export async function makeFolder(folder: string): Promise<void> {
  const { dirname } = await import("node:path");
  const missing: string[] = [];
  for (let at = folder; !(await isThere(at)); at = dirname(at)) {
    missing.unshift(at);
  }
  for (const path of missing) {
    try {
      await makeEntry(path);
    } catch (error) {
      // Another process may have made it a moment ago.
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
    await syncFolder(dirname(path));
  }
}

/** Makes renames, creations and removals in `folder` survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  await syncPath(folder);
}

/** Syncs the content of one existing file. */
export async function syncFile(path: string): Promise<void> {
  await syncPath(path);
}

async function syncPath(path: string): Promise<void> {
  using handle = await Deno.open(path, { read: true });
  await operate({ kind: "sync", path }, () => handle.sync());
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
