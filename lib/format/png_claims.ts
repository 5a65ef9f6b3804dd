// What a PNG claims, against what it holds: a few bytes may stand for a picture that fills the memory, or unfold to more than any
// picture. Looked at before anything is allocated for it.
import { inflateSync } from "node:zlib";
import { PictureFailure, type PictureHeader } from "./image_header.ts";
import { joinedBytes } from "./joined_bytes.ts";

const SIGNATURE_BYTES = 8;
/** Length, type and checksum around a chunk's content. */
const CHUNK_BYTES = 12;
const MOST_PALETTE_BYTES = 3 * 256;
/** Bytes that one byte of deflated data can unfold to (https://zlib.net/zlib_tech.html). */
const MOST_UNFOLDED = 1032;
/** What may unfold to less than this is not looked at twice: that would cost each picture a second pass. */
const HARMLESS_BYTES = 256 * 1024 * 1024;
const MOST_PROFILE_BYTES = 32 * 1024 * 1024;

/** Samples of a pixel by colour type. */
const CHANNELS: Readonly<Record<number, number>> = {
  ...{ 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 },
};

/** @throws {PictureFailure} when the data cannot be those of the picture, or a part has an impossible length. */
export function refuseFalsePng(
  bytes: Uint8Array,
  { width, height }: PictureHeader,
): void {
  const depth = bytes[24] ?? 0;
  const channels = CHANNELS[bytes[25] ?? -1] ?? 0;
  const pictureBytes = Math.ceil(width * depth * channels / 8) * height;
  const data: Uint8Array[] = [];
  for (const { type, content } of chunksOf(bytes)) {
    if (type === "IDAT") data.push(content);
    if (type === "PLTE" && content.length > MOST_PALETTE_BYTES) {
      throw new PictureFailure(`its palette has ${content.length} bytes`);
    }
    if (type === "iCCP") {
      // Its name of at most 79 bytes ends with a zero; one byte tells the method.
      const start = content.indexOf(0) + 2;
      refuseUnfolding([content.subarray(start)], MOST_PROFILE_BYTES, "profile");
    }
  }
  const held = data.reduce((sum, { length }) => sum + length, 0);
  if (held * MOST_UNFOLDED < pictureBytes) {
    throw new PictureFailure(
      `its header claims ${width}x${height} pixels, its ${held} bytes of data cannot hold these`,
    );
  }
  // Each row has one byte more; an interlaced picture has seven small pictures with rows of their own.
  refuseUnfolding(data, pictureBytes + 16 * (height + 8), "data");
}

function refuseUnfolding(
  parts: readonly Uint8Array[],
  mostBytes: number,
  what: string,
): void {
  const held = parts.reduce((sum, { length }) => sum + length, 0);
  if (held * MOST_UNFOLDED <= Math.max(mostBytes, HARMLESS_BYTES)) return;
  try {
    inflateSync(joinedBytes(parts), { maxOutputLength: mostBytes });
  } catch (error) {
    if (!(error instanceof RangeError)) return;
    throw new PictureFailure(
      `its ${what} unfold to more than ${mostBytes} bytes`,
      error,
    );
  }
}

function* chunksOf(
  bytes: Uint8Array,
): Generator<{ readonly type: string; readonly content: Uint8Array }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = SIGNATURE_BYTES; at + CHUNK_BYTES <= bytes.length;) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    yield { type, content: bytes.subarray(at + 8, at + 8 + length) };
    at += CHUNK_BYTES + length;
  }
}
