// What a picture file says of itself in its first bytes: enough to refuse a wrong one without decoding it.
import { StepFailure } from "../error/failure.ts";

/** Formats that fluxline reads. */
export type PictureFormat = "png" | "jpeg";

/** Sides of a picture in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Format and size of a picture. */
export interface PictureHeader extends PictureSize {
  readonly format: PictureFormat;
}

/** A picture's bytes are damaged or of a kind that is not read; whoever knows its name adds it to the reason. */
export class PictureFailure extends StepFailure {
  override readonly name: string = "PictureFailure";
  /** The message without "Cannot decode picture". */
  readonly reason: string;

  constructor(reason: string, cause?: unknown) {
    super(`Cannot decode picture: ${reason}`, { cause });
    this.reason = reason;
  }
}

/** More pixels than this are a damaged size or an attack, not a training picture. */
const MOST_PIXELS = 100_000_000;
const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const PNG_HEADER_BYTES = 24;
const JPEG_START = 0xd8;
const JPEG_END = 0xd9;
const JPEG_SCAN = 0xda;
/** Markers of frame headers: C0 to CF without the tables DHT, JPG and DAC. */
const JPEG_NO_FRAME = [0xc4, 0xc8, 0xcc];

/**
 * Format and size of a picture.
 *
 * @throws {PictureFailure} when the bytes are neither PNG nor JPEG, end too early, or claim an impossible size.
 */
export function readPictureHeader(bytes: Uint8Array): PictureHeader {
  if (PNG_SIGNATURE.every((byte, at) => bytes[at] === byte)) {
    return plausible(readPngHeader(bytes));
  }
  if (bytes[0] === 0xff && bytes[1] === JPEG_START) {
    return plausible(readJpegHeader(bytes));
  }
  throw new PictureFailure(
    bytes.length === 0 ? "it is empty" : "it is neither PNG nor JPEG",
  );
}

/** Whether a JPEG's scan is closed: decoders fill the rest of a cut file with grey and say nothing. */
export function hasJpegEnd(bytes: Uint8Array): boolean {
  for (let at = bytes.length - 2; at > 1; at--) {
    if (bytes[at] !== 0xff) continue;
    if (bytes[at + 1] === JPEG_END) return true;
    if (bytes[at + 1] === JPEG_SCAN) return false;
  }
  return false;
}

function readPngHeader(bytes: Uint8Array): PictureHeader {
  if (bytes.length < PNG_HEADER_BYTES) {
    throw new PictureFailure("it ends inside its header");
  }
  const view = viewOf(bytes);
  return {
    format: "png",
    width: view.getUint32(16),
    height: view.getUint32(20),
  };
}

function readJpegHeader(bytes: Uint8Array): PictureHeader {
  const view = viewOf(bytes);
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) throw new PictureFailure("a marker is missing");
    const marker = bytes[at + 1]!;
    // Any number of fill bytes may stand before a marker.
    if (marker === 0xff) {
      at++;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf &&
      !JPEG_NO_FRAME.includes(marker);
    if (isFrame && at + 9 <= bytes.length) {
      return {
        format: "jpeg",
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
      };
    }
    at += 2 + view.getUint16(at + 2);
  }
  throw new PictureFailure("it ends inside its header");
}

function plausible(header: PictureHeader): PictureHeader {
  const { width, height } = header;
  if (width === 0 || height === 0 || width * height > MOST_PIXELS) {
    throw new PictureFailure(`its header claims ${width}x${height} pixels`);
  }
  return header;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
