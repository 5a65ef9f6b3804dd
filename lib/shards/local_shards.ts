// Shards on this machine: a file, a folder of tar files, or a path with `*` and `?` in it.
import { dirname, join, resolve } from "node:path";
import { isGranted } from "../disk/granted.ts";
import { isAbsence, isFile, isFolder } from "../disk/present_entries.ts";

/** The shards, sorted by name, or why there are none. */
export type LocalShards =
  | { readonly ok: true; readonly paths: readonly string[] }
  | { readonly ok: false; readonly reason: string; readonly hint: string };

const ENDING = ".tar";

/** Looks for the files that a path, which may be a pattern, stands for. */
export async function findLocalShards(pattern: string): Promise<LocalShards> {
  const absolute = resolve(pattern);
  const root = fixedRoot(absolute);
  if (!isGranted({ name: "read", path: root })) {
    return {
      ok: false,
      reason: "reading it is not permitted",
      hint: `Run with -R=.,${root}`,
    };
  }
  if (root === absolute) return await fileOrFolder(absolute);
  const parts = absolute.slice(root.length).split("/").filter((part) =>
    part !== ""
  );
  let found = [root];
  for (const part of parts) {
    const matches = matcher(part);
    const next: string[] = [];
    for (const folder of found) {
      const names = await namesIn(folder);
      next.push(
        ...names.filter((name) => matches.test(name)).sort()
          .map((name) => join(folder, name)),
      );
    }
    found = next;
  }
  const files: string[] = [];
  for (const path of found) if (await isFile(path)) files.push(path);
  return files.length > 0 ? { ok: true, paths: files } : {
    ok: false,
    reason: "no file matches it",
    hint: `Relative paths start at ${resolve(".")}; correct the pattern`,
  };
}

async function fileOrFolder(path: string): Promise<LocalShards> {
  if (await isFile(path)) return { ok: true, paths: [path] };
  const names = (await namesIn(path)).filter((name) => name.endsWith(ENDING));
  if (names.length > 0) {
    return { ok: true, paths: names.sort().map((name) => join(path, name)) };
  }
  return {
    ok: false,
    reason: (await isFolder(path))
      ? `it is a folder without ${ENDING} files`
      : "there is no such file or folder",
    hint: `Relative paths start at ${resolve(".")}; correct the path`,
  };
}

/** The folders before the first sign of a pattern. */
function fixedRoot(absolute: string): string {
  let root = absolute;
  while (/[*?]/.test(root)) root = dirname(root);
  return root;
}

/** `*` is any text inside one name, `?` one sign; hidden names want their dot written. */
function matcher(part: string): RegExp {
  const body = part.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${part.startsWith(".") ? "" : "(?!\\.)"}${body}$`, "s");
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) =>
      name
    );
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}
