// How much room the files of a finished step take, from what its marker says of them.
import { basename, dirname } from "node:path";
import type { VouchedFile } from "./marker.ts";

/**
 * Bytes of the files together. Checkpoints of one step share the file of the weights that it left as they were: of one name and
 * content it counts once, as it lies on a disk whose file system has hard links.
 */
export function storedBytes(
  files: readonly Pick<VouchedFile, "path" | "bytes" | "sha256">[],
): number {
  const seen = new Set<string>();
  let sum = 0;
  for (const { path, bytes, sha256 } of files) {
    if (basename(dirname(dirname(path))) === "checkpoints") {
      const content = `${basename(path)} ${sha256}`;
      if (seen.has(content)) continue;
      seen.add(content);
    }
    sum += bytes;
  }
  return sum;
}
