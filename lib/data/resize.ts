// Pictures of any size to the size that is wanted: a window of the picture, scaled by Lanczos.
import { fileURLToPath } from "node:url";
import {
  initSync,
  resize,
} from "@jsquash/resize/lib/resize/pkg/squoosh_resize.js";
import type { DecodedPicture } from "../format/image_codec.ts";
import type { PictureSize } from "../format/image_header.ts";
import { rgbOfRgba } from "../format/rgb_pixels.ts";
import type { Sizing } from "./size_class.ts";

/** The one file that resizing reads; a step's process is granted it by this name. */
export const RESIZE_WASM_FILE =
  "@jsquash/resize/lib/resize/pkg/squoosh_resize_bg.wasm";

/** Place of Lanczos with three lobes in the package's list of methods. */
const LANCZOS_3 = 3;
const KEEP_ALPHA_APART = false;
const KEEP_GAMMA = false;

/** Loaded with the first picture of another size: most datasets hold none. */
let resizer: Promise<void> | null = null;

/** A part of a picture, in its own pixels. */
export interface PictureWindow extends PictureSize {
  readonly left: number;
  readonly top: number;
}

/** What of a picture is shown: the middle square under `crop`, else the whole. */
export function fittingWindow(
  picture: PictureSize,
  { imageSize, fit }: Pick<Sizing, "imageSize" | "fit">,
): PictureWindow {
  const { width, height } = picture;
  if (imageSize === null || fit === "keep") {
    return { left: 0, top: 0, width, height };
  }
  const side = Math.min(width, height);
  return {
    left: Math.floor((width - side) / 2),
    top: Math.floor((height - side) / 2),
    width: side,
    height: side,
  };
}

/** RGB bytes of the window at `size`; the picture itself where the window is all of it and has that size already. */
export async function resizePicture(
  picture: DecodedPicture,
  window: PictureWindow,
  size: PictureSize,
): Promise<DecodedPicture> {
  const { width, height } = size;
  const isWhole = picture.width === window.width &&
    picture.height === window.height;
  if (isWhole && window.width === width && window.height === height) {
    return picture;
  }
  resizer ??= startResizer();
  await resizer;
  const rgba = resize(
    rgbaOf(picture, window),
    window.width,
    window.height,
    width,
    height,
    LANCZOS_3,
    KEEP_ALPHA_APART,
    KEEP_GAMMA,
  );
  return { width, height, channels: 3, data: rgbOfRgba(rgba) };
}

/** The package takes four channels. */
function rgbaOf(picture: DecodedPicture, window: PictureWindow): Uint8Array {
  const { left, top, width, height } = window;
  const rgba = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0, to = 0; y < height; y++) {
    let from = ((top + y) * picture.width + left) * 3;
    for (let x = 0; x < width; x++, from += 3, to += 4) {
      rgba[to] = picture.data[from]!;
      rgba[to + 1] = picture.data[from + 1]!;
      rgba[to + 2] = picture.data[from + 2]!;
    }
  }
  return rgba;
}

async function startResizer(): Promise<void> {
  const file = fileURLToPath(import.meta.resolve(RESIZE_WASM_FILE));
  initSync(await WebAssembly.compile(await Deno.readFile(file)));
}
