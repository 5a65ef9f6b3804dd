// Runs folders with one damaged file, and what may be expected of it.
import { join, relative } from "node:path";
import { listTree } from "../../lib/disk/tree.ts";

/** Ways in which a file comes to harm. */
export const HARMS = ["flipped", "truncated", "deleted"] as const;

/** One of {@linkcode HARMS}. */
export type Harm = typeof HARMS[number];

/** Files that tell of a run and that nothing is decided by: nobody vouches for them. */
const UNVOUCHED =
  /\/attempts\/|\/timings\.jsonl$|\/tensorboard\/|\/report\.html$|\.lock$|\.runner$|^fingerprints\.json$|^store\/(dimensions|data)\//;

/** Files whose absence is a state like any other. */
const MAY_BE_ABSENT =
  /\/(complete|request|manifest|resolved)\.json$|\/events\.jsonl$/;

/** Every file below the folder of runs, relative to it, sorted. */
export function filesOf(runs: string): string[] {
  return listTree(runs).map(({ path }) => path);
}

/** Whether a check of everything has to find the harm. */
export function mustBeFound(path: string, harm: Harm): boolean {
  if (UNVOUCHED.test(path)) return false;
  return harm !== "deleted" || !MAY_BE_ABSENT.test(path);
}

/**
 * Harms the file and answers how to undo it. `at`, 0 to 1, chooses the byte, or where the file is cut. With `hidden` size and times
 * stay as they were.
 */
export async function harm(
  path: string,
  kind: Harm,
  at: number,
  hidden = false,
): Promise<() => Promise<void>> {
  const before = await Deno.readFile(path);
  const { mtime, atime } = await Deno.stat(path);
  const place = Math.min(before.length - 1, Math.floor(at * before.length));
  if (kind === "deleted") await Deno.remove(path);
  else if (kind === "truncated") await Deno.truncate(path, Math.max(0, place));
  else {
    const bytes = before.slice();
    bytes[place]! ^= 1 << (place % 8);
    await Deno.writeFile(path, bytes);
    if (hidden) await Deno.utime(path, atime!, mtime!);
  }
  return async () => {
    await Deno.writeFile(path, before);
    await Deno.utime(path, atime!, mtime!);
  };
}

/** A copy of a folder of runs, with the times of its files. */
export async function copyOfRuns(from: string, to: string): Promise<void> {
  for (const path of filesOf(from)) {
    const target = join(to, path);
    await Deno.mkdir(join(target, ".."), { recursive: true });
    await Deno.copyFile(join(from, path), target);
    const { mtime, atime } = await Deno.stat(join(from, path));
    await Deno.utime(target, atime!, mtime!);
  }
}

/** Names of what was kept aside below the folder of runs. */
export function keptAside(runs: string): string[] {
  const found: string[] = [];
  const walk = (folder: string) => {
    for (const entry of Deno.readDirSync(folder)) {
      const path = join(folder, entry.name);
      if (/\.(aside|damaged)-/.test(entry.name)) {
        found.push(relative(runs, path));
      } else if (entry.isDirectory) walk(path);
    }
  };
  walk(runs);
  return found.sort();
}
