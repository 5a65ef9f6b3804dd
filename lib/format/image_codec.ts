// PNG and JPEG bytes to RGB pixels, and pixels to PNG.
import { decode as decodePng, encode } from "fast-png";
import {
  hasJpegEnd,
  PictureFailure,
  readPictureHeader,
} from "./image_header.ts";
import { decodeJpeg } from "./jpeg_decoder.ts";
import { refuseFalsePng } from "./png_claims.ts";
import { rgbOfPng, rgbOfRgba } from "./rgb_pixels.ts";

/** Rows of RGB bytes, [height, width, 3]. */
export interface DecodedPicture {
  readonly width: number;
  readonly height: number;
  readonly channels: 3;
  readonly data: Uint8Array;
}

/** Rows of bytes: grey (1), grey with alpha (2), RGB (3) or RGBA (4). */
export interface PicturePixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3 | 4;
  readonly data: Uint8Array;
}

/**
 * Pixels of a PNG or JPEG file's bytes: 8 bits per colour, transparent parts on white. Rows as stored: an orientation that
 * a camera noted is not applied, as in the original.
 *
 * @throws {PictureFailure} when the bytes are damaged or of another kind.
 */
export async function decodeImage(bytes: Uint8Array): Promise<DecodedPicture> {
  const header = readPictureHeader(bytes);
  if (header.format === "png") {
    refuseFalsePng(bytes, header);
    return decodePngPicture(bytes);
  }
  if (!hasJpegEnd(bytes)) throw new PictureFailure("it is cut off");
  const { width, height, data } = await decodeJpeg(bytes, header);
  return { width, height, channels: 3, data: rgbOfRgba(data) };
}

/** Bytes of a PNG file; the same pixels give the same bytes. */
export function encodePng(picture: PicturePixels): Uint8Array {
  const { width, height, channels, data } = picture;
  return encode({ width, height, channels, depth: 8, data });
}

function decodePngPicture(bytes: Uint8Array): DecodedPicture {
  try {
    const png = decodePng(bytes, { checkCrc: true });
    const { width, height } = png;
    return { width, height, channels: 3, data: rgbOfPng(png) };
  } catch (cause) {
    if (cause instanceof PictureFailure) throw cause;
    throw new PictureFailure(
      `its PNG data are damaged (${reasonOf(cause)})`,
      cause,
    );
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
