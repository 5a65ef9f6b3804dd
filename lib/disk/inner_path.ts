// Paths that a record or a message names inside of a folder: whoever wrote it must not lead a reader out of it.

/** Bytes of a name, and of a path, that no file system takes more of. */
const LONGEST_NAME = 255;
const LONGEST_PATH = 4096;

/** Whether `path`, relative to a folder, can be that of a file in it by its words; links are another question. */
export function isInnerPath(path: string): boolean {
  return path !== "" && path.length <= LONGEST_PATH && !path.includes("\0") &&
    !path.startsWith("/") && path.split("/").every(isInnerName);
}

function isInnerName(name: string): boolean {
  return name !== ".." &&
    new TextEncoder().encode(name).length <= LONGEST_NAME;
}
