// Reads as much of a safetensors file as its header takes, and no number.
import { Buffer } from "node:buffer";
import {
  decodeHeader,
  headerEnd,
  LENGTH_BYTES,
  type SafetensorsHeader,
} from "../format/safetensors_header.ts";

/** The header of the file at `path`. @throws {StoredStateError} when it is damaged */
export async function readHeader(path: string): Promise<SafetensorsHeader> {
  using file = await Deno.open(path, { read: true });
  const { size } = await file.stat();
  const length = await readBytes(file, Math.min(LENGTH_BYTES, size));
  const end = headerEnd(length, size);
  const rest = await readBytes(file, end - LENGTH_BYTES);
  return decodeHeader(Buffer.concat([length, rest]), size);
}

async function readBytes(
  file: Deno.FsFile,
  count: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const read = await file.read(bytes.subarray(at));
    if (read === null) return bytes.subarray(0, at);
    at += read;
  }
  return bytes;
}
