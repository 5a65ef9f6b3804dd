// Pixels of any PNG kind as plain RGB bytes.
import type { DecodedPng } from "fast-png";
import { PictureFailure } from "./image_header.ts";

/** Samples of one pixel after unpacking: grey or colour, and how opaque. */
type Pixel = [red: number, green: number, blue: number, alpha: number];

const OPAQUE = 255;

/**
 * RGB bytes of a decoded PNG, [height * width * 3]. Transparent pixels are laid on white, since what stands below them is
 * often arbitrary.
 */
export function rgbOfPng(png: DecodedPng): Uint8Array {
  const { width, height } = png;
  const rgb = new Uint8Array(width * height * 3);
  const pixelAt = pixelReader(png);
  const pixel: Pixel = [0, 0, 0, OPAQUE];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      pixelAt(x, y, pixel);
      const alpha = pixel[3];
      rgb[at] = onWhite(pixel[0], alpha);
      rgb[at + 1] = onWhite(pixel[1], alpha);
      rgb[at + 2] = onWhite(pixel[2], alpha);
    }
  }
  return rgb;
}

/** RGB bytes of RGBA bytes, on white. */
export function rgbOfRgba(rgba: Uint8Array | Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8Array(rgba.length / 4 * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    const alpha = rgba[from + 3]!;
    rgb[to] = onWhite(rgba[from]!, alpha);
    rgb[to + 1] = onWhite(rgba[from + 1]!, alpha);
    rgb[to + 2] = onWhite(rgba[from + 2]!, alpha);
  }
  return rgb;
}

function onWhite(value: number, alpha: number): number {
  return alpha === OPAQUE
    ? value
    : Math.round((value * alpha + 255 * (OPAQUE - alpha)) / OPAQUE);
}

function pixelReader(
  png: DecodedPng,
): (x: number, y: number, pixel: Pixel) => void {
  const sampleAt = sampleReader(png);
  const most = 2 ** png.depth - 1;
  const byteOf = (sample: number) => Math.round(sample * 255 / most);
  const { palette, channels } = png;
  if (palette !== undefined && channels === 1) {
    return (x, y, pixel) => {
      const colour = palette[sampleAt(x, y, 0)];
      if (colour === undefined) {
        throw new PictureFailure("a pixel names a colour beyond its palette");
      }
      pixel[0] = colour[0]!;
      pixel[1] = colour[1]!;
      pixel[2] = colour[2]!;
      pixel[3] = colour[3] ?? OPAQUE;
    };
  }
  const isGrey = channels < 3;
  const clear = png.transparency;
  return (x, y, pixel) => {
    const first = sampleAt(x, y, 0);
    const second = isGrey ? first : sampleAt(x, y, 1);
    const third = isGrey ? first : sampleAt(x, y, 2);
    pixel[0] = byteOf(first);
    pixel[1] = byteOf(second);
    pixel[2] = byteOf(third);
    if (channels % 2 === 0) {
      pixel[3] = byteOf(sampleAt(x, y, channels - 1));
    } else if (clear !== undefined) {
      const isClear = first === clear[0] &&
        (isGrey || (second === clear[1] && third === clear[2]));
      pixel[3] = isClear ? 0 : OPAQUE;
    }
  };
}

/** Samples of less than a byte lie packed, each row from a new byte on. */
function sampleReader(
  { data, depth, width, channels }: DecodedPng,
): (x: number, y: number, channel: number) => number {
  if (depth >= 8) {
    return (x, y, channel) => data[(y * width + x) * channels + channel]!;
  }
  const perByte = 8 / depth;
  const rowBytes = Math.ceil(width / perByte);
  const mask = 2 ** depth - 1;
  return (x, y) => {
    const byte = data[y * rowBytes + Math.floor(x / perByte)]!;
    return (byte >> (8 - depth * (x % perByte + 1))) & mask;
  };
}
