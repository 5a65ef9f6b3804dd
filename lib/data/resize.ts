// Pictures of any size to one side length: the middle square, scaled by Lanczos.
import { fileURLToPath } from "node:url";
import {
  initSync,
  resize,
} from "@jsquash/resize/lib/resize/pkg/squoosh_resize.js";
import type { DecodedPicture } from "../format/image_codec.ts";
import { rgbOfRgba } from "../format/rgb_pixels.ts";

/** The one file that resizing reads; a step's process is granted it by this name. */
export const RESIZE_WASM_FILE =
  "@jsquash/resize/lib/resize/pkg/squoosh_resize_bg.wasm";

/** Place of Lanczos with three lobes in the package's list of methods. */
const LANCZOS_3 = 3;
const KEEP_ALPHA_APART = false;
const KEEP_GAMMA = false;

/** Loaded with the first picture of another size: most datasets hold none. */
let resizer: Promise<void> | null = null;

/** RGB bytes [side, side, 3] of the picture's middle square; the picture itself when it has that size already. */
export async function resizeToSquare(
  picture: DecodedPicture,
  side: number,
): Promise<DecodedPicture> {
  if (picture.width === side && picture.height === side) return picture;
  resizer ??= startResizer();
  await resizer;
  const cut = Math.min(picture.width, picture.height);
  const rgba = resize(
    middleSquare(picture, cut),
    cut,
    cut,
    side,
    side,
    LANCZOS_3,
    KEEP_ALPHA_APART,
    KEEP_GAMMA,
  );
  return { width: side, height: side, channels: 3, data: rgbOfRgba(rgba) };
}

/** The package takes four channels. */
function middleSquare(picture: DecodedPicture, side: number): Uint8Array {
  const left = Math.floor((picture.width - side) / 2);
  const top = Math.floor((picture.height - side) / 2);
  const rgba = new Uint8Array(side * side * 4).fill(255);
  for (let y = 0, to = 0; y < side; y++) {
    let from = ((top + y) * picture.width + left) * 3;
    for (let x = 0; x < side; x++, from += 3, to += 4) {
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
