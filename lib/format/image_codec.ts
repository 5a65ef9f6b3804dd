// PNG and JPEG bytes to RGB pixels, and pixels to PNG.
import { fileURLToPath } from "node:url";
import decodeJpeg, { init as initJpeg } from "@jsquash/jpeg/decode.js";
import { decode as decodePng, encode } from "fast-png";
import {
  hasJpegEnd,
  PictureFailure,
  readPictureHeader,
} from "./image_header.ts";
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

/** The one file that the JPEG decoder reads; a step's process is granted it by this name. */
export const JPEG_WASM_FILE = "@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm";

/** Loaded with the first JPEG: most datasets hold none. */
let jpegDecoder: Promise<void> | null = null;

/**
 * Pixels of a PNG or JPEG file's bytes: 8 bits per colour, transparent parts on white. Rows as stored: an orientation that
 * a camera noted is not applied, as in the original.
 *
 * @throws {PictureFailure} when the bytes are damaged or of another kind.
 */
export async function decodeImage(bytes: Uint8Array): Promise<DecodedPicture> {
  const header = readPictureHeader(bytes);
  if (header.format === "png") return decodePngPicture(bytes);
  if (!hasJpegEnd(bytes)) throw new PictureFailure("it is cut off");
  jpegDecoder ??= startJpeg();
  await jpegDecoder;
  try {
    const { width, height, data } = await decodeJpeg(
      bytes.slice().buffer as ArrayBuffer,
    );
    return {
      width,
      height,
      channels: 3,
      data: rgbOfRgba(data as Uint8ClampedArray),
    };
  } catch (cause) {
    throw new PictureFailure("its JPEG data are damaged", cause);
  }
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

/** The package would fetch its wasm file from an address, which a step may not; here it gets the compiled module. */
async function startJpeg(): Promise<void> {
  const file = fileURLToPath(import.meta.resolve(JPEG_WASM_FILE));
  const module = await WebAssembly.compile(await Deno.readFile(file));
  await (initJpeg as (module: WebAssembly.Module) => Promise<void>)(module);
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
