// Free disk space, where this process may ask for it.
import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { isGranted } from "./granted.ts";

/** Free bytes for ordinary users on the disk of `path`, or of the nearest folder above it that exists; null where unknown. */
export function freeBytes(path: string): number | null {
  if (!isGranted({ name: "sys", kind: "statfs" })) return null;
  for (let at = path;; at = dirname(at)) {
    if (!isGranted({ name: "read", path: at })) return null;
    try {
      const { bavail, bsize } = statfsSync(at);
      return bavail * bsize;
    } catch {
      if (dirname(at) === at) return null;
    }
  }
}
