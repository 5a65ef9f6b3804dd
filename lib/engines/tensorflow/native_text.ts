// Text on its way to and from C: zero-terminated bytes.
import type { Calls } from "./symbols.ts";

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();
const known = new Map<string, Uint8Array<ArrayBuffer>>();

/** `text` with a closing zero. The bytes are kept for good, which op names and attribute names, a closed set, can afford. */
export function cText(text: string): Uint8Array<ArrayBuffer> {
  let encoded = known.get(text);
  if (encoded === undefined) {
    encoded = ENCODER.encode(`${text}\0`);
    known.set(text, encoded);
  }
  return encoded;
}

/** The text at `address`, up to its closing zero; empty for address 0. */
export function textAt(
  calls: Pick<Calls, "strlen" | "memcpy_out">,
  address: bigint,
): string {
  if (address === 0n) return "";
  const bytes = new Uint8Array(Number(calls.strlen(address)));
  if (bytes.length > 0) {
    calls.memcpy_out(bytes, address, BigInt(bytes.length));
  }
  return DECODER.decode(bytes);
}
