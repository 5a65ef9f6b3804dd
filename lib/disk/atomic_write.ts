// Files that are either the old one or the whole new one, also after a power cut.
// Every durable write of fluxline goes through this folder.
import { basename, dirname, join } from "node:path";
import { canonicalJson } from "./canonical_json.ts";
import { DurableFile } from "./durable_file.ts";
import { removeEntry, renameEntry, syncFolder } from "./folder_entries.ts";

/** Suffix of half-written files; whoever holds the folder's lock may delete them. */
const TEMPORARY_SUFFIX = ".tmp";

/**
 * Replaces the file at `path`: temporary file in the same folder, sync, rename, sync of the folder.
 * The folder must exist. After an error the old file stands and the temporary one is gone.
 *
 * @throws {Deno.errors.NotFound} where the folder is missing; whatever the file system reports otherwise.
 */
export async function writeAtomically(
  path: string,
  content: Uint8Array | string,
): Promise<void> {
  const bytes = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  const temporary = temporaryPath(path);
  try {
    {
      using file = await DurableFile.open(temporary, {
        createNew: true,
        write: true,
      });
      await file.write(bytes);
      await file.sync();
    }
    await renameEntry(temporary, path);
  } catch (error) {
    // The first error is the one to report: a temporary file that stays is harmless.
    await removeEntry(temporary).catch(() => {});
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Writes `value` as indented canonical JSON with a final newline, as {@linkcode writeAtomically} does. */
export async function writeJsonAtomically(
  path: string,
  value: unknown,
): Promise<void> {
  await writeAtomically(path, `${canonicalJson(value, 2)}\n`);
}

/** A name beside `path` that no other process uses; it starts with a dot so that listings skip it. */
export function temporaryPath(path: string): string {
  return join(
    dirname(path),
    `.${basename(path)}.${crypto.randomUUID()}${TEMPORARY_SUFFIX}`,
  );
}

/** Whether a directory entry is left over from a write or publication that never finished. */
export function isTemporaryName(name: string): boolean {
  return name.startsWith(".") && name.endsWith(TEMPORARY_SUFFIX);
}
