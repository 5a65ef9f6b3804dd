// What is there at a path, where nothing there is an answer too.

/** Names of the folders in `folder`, in no order; none where it is not there. */
export function folderNames(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].filter((entry) => entry.isDirectory)
      .map((entry) => entry.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Bytes of the file at `path`; null where there is none. */
export function sizeOrNull(path: string): number | null {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** What is at `path`, behind links; null where nothing is. */
export function statOrNull(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (isAbsence(error)) return null;
    throw error;
  }
}

/**
 * Tells an entry from what it was. Records are replaced as a whole, so a new one has another inode; what is written in place has
 * another size or time.
 */
export function stampOf({ ino, size, mtime }: Deno.FileInfo): string {
  return `${ino ?? ""}:${size}:${mtime?.getTime() ?? ""}`;
}

/** Whether a file, or a link to one, is at `path`. */
export async function isFile(path: string): Promise<boolean> {
  return (await lookAt(path))?.isFile ?? false;
}

/** Whether a folder, or a link to one, is at `path`. */
export async function isFolder(path: string): Promise<boolean> {
  return (await lookAt(path))?.isDirectory ?? false;
}

/** Whether an error says that nothing is at a path. */
export function isAbsence(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.NotADirectory;
}

async function lookAt(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (isAbsence(error)) return null;
    throw error;
  }
}
