// Many small pictures as one that a person can look at.
import { encodePng } from "../format/image_codec.ts";
import type { RgbBytes } from "./picture.ts";

/** How pictures are laid out. */
export interface GridOptions {
  readonly columns: number;
  /** Pixels between and around the pictures. */
  readonly gap: number;
  /** How many times each pixel is repeated in both directions; 1 by default. */
  readonly scale?: number;
}

/** Grey of the gaps: neither the white nor the black of a picture's edge. */
const GAP_SHADE = 128;

/**
 * PNG bytes of the pictures row by row, all of them as large as the first; places that are left over stay grey.
 *
 * @throws {RangeError} for no pictures, or pictures of different sizes
 */
export async function imageGrid(
  images: readonly RgbBytes[],
  options: GridOptions,
): Promise<Uint8Array> {
  return await encodePng(gridPixels(images, options));
}

/** The grid before it becomes a file; throws as {@linkcode imageGrid} does. */
export function gridPixels(
  images: readonly RgbBytes[],
  { columns, gap, scale = 1 }: GridOptions,
): RgbBytes {
  const [first] = images;
  if (first === undefined) throw new RangeError("Cannot lay out no pictures");
  const cellHeight = first.height * scale + gap;
  const cellWidth = first.width * scale + gap;
  const rows = Math.ceil(images.length / columns);
  const height = rows * cellHeight + gap;
  const width = columns * cellWidth + gap;
  const data = new Uint8Array(height * width * 3).fill(GAP_SHADE);
  for (const [index, image] of images.entries()) {
    if (image.height !== first.height || image.width !== first.width) {
      throw new RangeError(
        `Cannot lay out picture ${index}: it is ${image.width}x${image.height}, wanted ${first.width}x${first.height}`,
      );
    }
    const top = gap + Math.floor(index / columns) * cellHeight;
    const left = gap + (index % columns) * cellWidth;
    place(image, { data, width, top, left, scale });
  }
  return { height, width, channels: 3, data };
}

/** Pictures of several sizes, each in the middle of a grey frame as large as the largest sides; pictures of one size stay as they are. */
export function framedAlike(images: readonly RgbBytes[]): RgbBytes[] {
  const height = Math.max(...images.map((image) => image.height));
  const width = Math.max(...images.map((image) => image.width));
  return images.map((image) => {
    if (image.height === height && image.width === width) return image;
    const data = new Uint8Array(height * width * 3).fill(GAP_SHADE);
    place(image, {
      ...{ data, width, scale: 1 },
      top: Math.floor((height - image.height) / 2),
      left: Math.floor((width - image.width) / 2),
    });
    return { height, width, channels: 3, data };
  });
}

interface Spot {
  readonly data: Uint8Array;
  /** Of the whole grid. */
  readonly width: number;
  readonly top: number;
  readonly left: number;
  readonly scale: number;
}

function place(image: RgbBytes, spot: Spot): void {
  const { data, width, top, left, scale } = spot;
  for (let y = 0; y < image.height * scale; y++) {
    const row = Math.floor(y / scale) * image.width;
    for (let x = 0; x < image.width * scale; x++) {
      const from = (row + Math.floor(x / scale)) * 3;
      const to = ((top + y) * width + left + x) * 3;
      data.set(image.data.subarray(from, from + 3), to);
    }
  }
}
