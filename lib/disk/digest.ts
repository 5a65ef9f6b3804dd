// SHA-256 of bytes, of files and of records.
import { createHash } from "node:crypto";
import { canonicalJson } from "./canonical_json.ts";

/** Size and content of one file. */
export interface FileDigest {
  readonly bytes: number;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
}

const LARGEST_BLOCK = 1024 * 1024;

/** SHA-256 of bytes, or of text as UTF-8, as 64 lower-case hex digits. */
export function sha256Hex(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}

/** SHA-256 of a value's canonical JSON. */
export function digestRecord(value: unknown): string {
  return sha256Hex(canonicalJson(value));
}

/** Reads the file once, in blocks, so that its size does not matter. */
export async function digestFile(path: string): Promise<FileDigest> {
  const hash = createHash("sha256");
  let bytes = 0;
  using file = await Deno.open(path, { read: true });
  // Thousands of small pictures are the common case; each would pay for a large block.
  const { size } = await file.stat();
  const block = new Uint8Array(Math.max(1, Math.min(size, LARGEST_BLOCK)));
  for (;;) {
    const count = await file.read(block);
    if (count === null) break;
    hash.update(block.subarray(0, count));
    bytes += count;
  }
  return { bytes, sha256: hash.digest("hex") };
}
