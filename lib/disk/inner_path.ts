// Paths that a record or a message names inside of a folder: whoever wrote it must not lead a reader out of it.

/** Whether `path`, relative to a folder, stays in it by its words; links are another question. */
export function isInnerPath(path: string): boolean {
  return path !== "" && !path.startsWith("/") && !path.includes("\0") &&
    !path.split("/").includes("..");
}
