// Reading records that fluxline wrote itself: absent is an answer, anything that cannot be understood is an error with a place.
import { isSealOf, shownVersion } from "../disk/sealed_record.ts";
import { StoredStateError } from "../error/failure.ts";
import { isRecord } from "../json/record.ts";

/** A JSON object as it was read, before its fields are checked. */
export type StoredRecord = Readonly<Record<string, unknown>>;

/**
 * Reads the JSON object at `path`; null where there is no such file.
 *
 * @throws {StoredStateError} where the text is not a JSON object of version `version`
 */
async function readStoredRecord(
  path: string,
  version: number,
): Promise<StoredRecord | null> {
  if (!isThere(path)) return null;
  const record = parseRecord(await Deno.readTextFile(path));
  if (record === null) {
    throw new StoredStateError(
      `Cannot read "${path}": found no JSON object`,
    );
  }
  if (record["version"] !== version) {
    throw new StoredStateError(
      `Cannot read "${path}": found version ${
        shownVersion(record["version"])
      }, wanted ${version}`,
      {
        hint:
          "Use the fluxline version that wrote it, or another folder with --runs",
      },
    );
  }
  return record;
}

/**
 * Reads a record that carries the digest of itself, and takes that off; null where there is no such file. One without a seal was
 * written by an older fluxline, and is read where it has no other keys than that one wrote.
 *
 * @throws {StoredStateError} where the text is not a JSON object of version `version`, or its seal does not match
 */
export async function readSealedRecord(
  path: string,
  version: number,
  unsealedKeys: readonly string[],
): Promise<StoredRecord | null> {
  const record = await readStoredRecord(path, version);
  if (record === null) return null;
  const { seal: found, ...rest } = record;
  const isOld = found === undefined &&
    Object.keys(rest).every((key) => unsealedKeys.includes(key));
  if (isOld || isSealOf(found, rest)) return rest;
  throw new StoredStateError(
    `Cannot read "${path}": its seal does not match its content`,
  );
}

/**
 * Whether a regular file is at `path`, or a link to one. Reading a pipe would wait for ever, and a link to nothing is not nothing:
 * a later write would find it in its way.
 */
function isThere(path: string): boolean {
  try {
    if (Deno.statSync(path).isFile) return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound) || !isLink(path)) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }
  throw new StoredStateError(`Cannot read "${path}": it is not a regular file`);
}

function isLink(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function parseRecord(text: string): StoredRecord | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}
