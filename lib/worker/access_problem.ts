// Recognises, behind whatever was thrown, an access that Deno or the disk refused.

/** An access that Deno or the disk refused. */
export type AccessProblem =
  | { readonly kind: "denied"; readonly access: string; readonly place: string }
  /** Code that lies elsewhere, or was not fetched before the step. */
  | { readonly kind: "code"; readonly module: string }
  | { readonly kind: "link" }
  | { readonly kind: "no_space"; readonly text: string }
  /** The file system's own word: owner, mode, a read-only mount, a folder where a file should be. */
  | { readonly kind: "system"; readonly text: string };

/** The refused access behind an error or one of its causes; null where it is something else. */
export function accessProblem(error: unknown): AccessProblem | null {
  for (
    let at: unknown = error;
    at instanceof Error;
    at = at.cause
  ) {
    // A module that may not be read arrives as a TypeError, with the same words.
    const denied = DENIED.exec(at.message);
    if (denied !== null) {
      return {
        kind: "denied",
        access: denied[1] as string,
        place: denied[2] ?? "",
      };
    }
    const module = REMOTE_CODE.exec(at.message)?.[1];
    if (module !== undefined) return { kind: "code", module };
    if (LINK.test(at.message)) return { kind: "link" };
    if (NO_SPACE.test(at.message)) {
      return { kind: "no_space", text: at.message };
    }
    if (SYSTEM.test(at.message)) return { kind: "system", text: at.message };
  }
  return null;
}

const DENIED =
  /Requires (\w+) access(?: to (?:"([^"]*)")?|,).*--allow-\w+ flag/s;

const REMOTE_CODE =
  /(?:A remote specifier was requested|npm package not found in cache): "([^"]*)"/;

const LINK = /^Deno\.symlink\(\) requires unscoped /;

// 28 is "No space left on device", 122 "Disk quota exceeded".
const NO_SPACE = /\(os error (?:28|122)\)|\bENOSPC\b|\bEDQUOT\b/;

// EPERM, EIO, EACCES, ENOTDIR, EISDIR, EROFS, ENAMETOOLONG, ELOOP.
// What is made cannot be missing: ENOENT then means that its folder is none or takes nothing, as those below /proc.
const SYSTEM =
  /\(os error (?:1|5|13|20|21|30|36|40)\)|\(os error 2\): (?:mkdir |open '.*\.tmp')/;

/** The way out of a refusal by the file system. */
export const SYSTEM_HINT =
  "Correct owner, mode, mount or kind of the place and run the same command again; finished work is kept";
