// Digests of files seen before, by size and modification time, so that a plan does not hash every picture again.
import { writeJsonAtomically } from "../disk/atomic_write.ts";
import { makeFolder } from "../disk/folder_entries.ts";
import { seal } from "../disk/sealed_record.ts";
import { digestFile } from "../disk/digest.ts";
import { dirname } from "node:path";
import { isRecord } from "../json/record.ts";
import { readSealedRecord } from "./stored_json.ts";

const CACHE_VERSION = 1;

/** Size in bytes, modification time in milliseconds, SHA-256. */
type Seen = readonly [bytes: number, modifiedMs: number, sha256: string];

/** Digests of files by absolute path; a hint that may be lost at any time. */
export class FingerprintCache {
  readonly #path: string;
  readonly #seen: Map<string, Seen>;
  #isChanged = false;

  /** Reads the cache at `path`; one that is missing or not understood is empty. */
  static async open(path: string): Promise<FingerprintCache> {
    try {
      const record = await readSealedRecord(path, CACHE_VERSION, []);
      const files = isRecord(record?.["files"]) ? record["files"] : {};
      const entries = Object.entries(files).filter(([, seen]) => isSeen(seen));
      return new FingerprintCache(path, new Map(entries as [string, Seen][]));
    } catch {
      // Only a cache: whatever is wrong with it, hashing again gives the right answer.
      return new FingerprintCache(path, new Map());
    }
  }

  private constructor(path: string, seen: Map<string, Seen>) {
    this.#path = path;
    this.#seen = seen;
  }

  /** SHA-256 of the file at the absolute `path`, whose current size and time `found` tells. */
  async digest(path: string, found: Deno.FileInfo): Promise<string> {
    const modifiedMs = found.mtime?.getTime() ?? 0;
    const seen = this.#seen.get(path);
    if (
      seen !== undefined && seen[0] === found.size && seen[1] === modifiedMs
    ) return seen[2];
    const { sha256 } = await digestFile(path);
    this.#seen.set(path, [found.size, modifiedMs, sha256]);
    this.#isChanged = true;
    return sha256;
  }

  /** Writes what was learned; needs write access, so a plan never calls it. */
  async save(): Promise<void> {
    if (!this.#isChanged) return;
    await makeFolder(dirname(this.#path));
    const files = Object.fromEntries(this.#seen);
    await writeJsonAtomically(
      this.#path,
      seal({ version: CACHE_VERSION, files }),
    );
    this.#isChanged = false;
  }
}

function isSeen(value: unknown): boolean {
  return Array.isArray(value) && typeof value[0] === "number" &&
    typeof value[1] === "number" &&
    typeof value[2] === "string";
}
