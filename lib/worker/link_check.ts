// Deno judges a path by its name and then follows links, so a link planted in a granted folder would lead out of it.
// Each granted tree is walked before the start, and a link that leaves the grants refuses the step: one in a folder that the step may
// write to must not lead to what it may only read, or the other way round.
import { dirname, join, resolve } from "node:path";
import { RefusedError } from "../error/failure.ts";
import { isInside } from "./permissions.ts";

/** A link that leads outside of what the step may touch. */
export interface StrayLink {
  readonly link: string;
  readonly target: string;
  /** What the target is granted for, where the link's own place is granted for more; null where it is not granted at all. */
  readonly only: "read" | "write" | null;
}

/** Paths that a step may read, and that it may write to. */
export interface GrantedPaths {
  readonly read: readonly string[];
  readonly write: readonly string[];
}

/**
 * Walks the granted paths of a step.
 *
 * @throws RefusedError that names every stray link, up to five
 */
export async function refuseStrayLinks(
  stepName: string,
  granted: GrantedPaths,
): Promise<void> {
  const stray = await findStrayLinks(granted);
  if (stray.length === 0) return;
  const named = stray.slice(0, 5).map(({ link, target, only }) =>
    `"${link}" -> "${target}"${only === null ? "" : ` (it may only ${only})`}`
  ).join(", ");
  const more = stray.length > 5 ? ` and ${stray.length - 5} more` : "";
  throw new RefusedError(
    `Cannot start step "${stepName}": a link leads out of the folders that it may touch: ${named}${more}`,
    {
      hint:
        "Replace the link by a copy, or grant its target under the step's `permissions`",
    },
  );
}

/** Links below the granted paths whose targets are not granted for the same. A granted path may itself be a link: its user named it. */
export async function findStrayLinks(
  granted: GrantedPaths,
): Promise<StrayLink[]> {
  const readable = await Promise.all(granted.read.map(realPathOrSelf));
  const writable = await Promise.all(granted.write.map(realPathOrSelf));
  const roots = [...readable, ...writable];
  const isBelow = (places: readonly string[], path: string) =>
    places.some((place) => isInside(place, path));
  const stray: StrayLink[] = [];
  const seen = new Set<string>();
  const open = [...new Set(roots)];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    for (const entry of await entriesOf(at)) {
      const path = join(at, entry.name);
      if (entry.isSymlink) {
        const target = await linkTarget(path);
        const isLost = [readable, writable].some((places) =>
          isBelow(places, path) && !isBelow(places, target)
        );
        const only = isBelow(readable, target)
          ? "read"
          : isBelow(writable, target)
          ? "write"
          : null;
        if (isLost) stray.push({ link: path, target, only });
      } else if (entry.isDirectory) {
        open.push(path);
      }
    }
  }
  return stray.sort((left, right) => left.link < right.link ? -1 : 1);
}

async function entriesOf(path: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(path));
  } catch (error) {
    // A file, or a place that the step is yet to make.
    if (
      error instanceof Deno.errors.NotADirectory ||
      error instanceof Deno.errors.NotFound
    ) return [];
    throw error;
  }
}

async function linkTarget(link: string): Promise<string> {
  try {
    return await Deno.realPath(link);
  } catch {
    // A dangling link still decides where a later write lands; a loop leads nowhere and counts by its name.
    return resolve(dirname(link), await Deno.readLink(link));
  }
}

async function realPathOrSelf(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return resolve(path);
    throw error;
  }
}
