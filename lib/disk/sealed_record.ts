// JSON records that carry the digest of themselves, so that a flipped byte is seen and never read as a value.
import { digestRecord } from "./digest.ts";
import { StoredStateError } from "../error/failure.ts";
import { isRecord } from "../json/record.ts";

/** A record with the SHA-256 of its canonical JSON, the seal left out. */
export type Sealed<T> = T & { readonly seal: string };

/** Adds the seal. */
export function seal<T extends object>(record: T): Sealed<T> {
  return { ...record, seal: digestRecord(record) };
}

/** Whether the seal is that of the record; what no record can hold, as an infinity, has none. */
export function isSealOf(
  found: unknown,
  record: Readonly<Record<string, unknown>>,
): boolean {
  try {
    return found === digestRecord(record);
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/**
 * Parses a sealed record and takes the seal off. The shape is for the caller to check: a right seal tells that nothing was damaged,
 * not who wrote it.
 *
 * @throws {StoredStateError} when the text is no JSON object, or its seal or `version` is another than expected.
 */
export function openSealed(
  text: string,
  expected: { readonly path: string; readonly version: number },
): Record<string, unknown> {
  const refuse = (reason: string, hint?: string): never => {
    throw new StoredStateError(
      `Cannot read "${expected.path}": ${reason}`,
      hint === undefined ? {} : { hint },
    );
  };
  const value = parse(text);
  if (!isRecord(value)) return refuse("it is no JSON object");
  const { seal: found, ...record } = value;
  if (!isSealOf(found, record)) {
    return refuse("its seal does not match its content");
  }
  if (record.version !== expected.version) {
    return refuse(
      `found version ${
        shownVersion(record.version)
      }, wanted ${expected.version}`,
      "Use the fluxline version that wrote it, or redo the step with `--force`",
    );
  }
  return record;
}

/** A version for messages; what somebody else wrote may be anything. */
export function shownVersion(found: unknown): string {
  return typeof found === "number" ? String(found) : "of another kind";
}

/** Undefined where the text is no JSON: the caller words the error. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
