// At which sizes a picture is trained: sides that the model can halve as often as it must, with the picture's own shape.
import type { PictureSize } from "../format/image_header.ts";

/** What decides the sizes of a dataset's pictures. */
export interface Sizing {
  /** Sides are multiples of this: what the compressor divides them by. */
  readonly multiple: number;
  /** `data.img_size`; null keeps each picture's own size, as near as the multiple allows. */
  readonly imageSize: number | null;
  /** `crop` takes the middle square of `imageSize`; `keep` keeps the shape, with about as many pixels as that square at most. */
  readonly fit: "crop" | "keep";
  /** Short sides of further, smaller versions of each picture. */
  readonly reducedSizes: readonly number[];
}

/** The sizing that a pipeline's `data` and `model` sections ask for. */
export function sizingOf(
  data: {
    readonly img_size: number | null;
    readonly img_fit: "crop" | "keep";
    readonly reduced_min_sizes: readonly number[] | null;
  },
  model: { readonly downscales: number },
): Sizing {
  return {
    multiple: 2 ** model.downscales,
    imageSize: data.img_size,
    fit: data.img_fit,
    reducedSizes: data.reduced_min_sizes ?? [],
  };
}

/**
 * The sizes that a picture is trained at: the full one first, then smaller ones from small to large. A reduced size that is not
 * smaller than the picture's short side, or that equals another one after rounding, is left out.
 */
export function trainedSizes(
  picture: PictureSize,
  sizing: Sizing,
): PictureSize[] {
  const { multiple } = sizing;
  const shown = shownSize(picture, sizing);
  const full = leastDistortion(shown, multiple);
  const sizes = [full];
  for (const target of sizing.reducedSizes.toSorted((a, b) => a - b)) {
    if (target >= Math.min(shown.width, shown.height)) continue;
    const reduced = reducedSize(shown, target, multiple);
    const isKnown = sizes.some((size) =>
      size.width === reduced.width && size.height === reduced.height
    );
    if (!isKnown) sizes.push(reduced);
  }
  return sizes;
}

/**
 * Sides that are multiples of `multiple`, from the short side to the long one, both rounded up, whose ratio is nearest to the
 * picture's; of equally near ones the smallest. A picture that is too small is scaled up. FluxFlow's rule, whose multiple is 16.
 */
export function leastDistortion(
  picture: PictureSize,
  multiple: number,
): PictureSize {
  const { width, height } = picture;
  const least = roundUp(Math.min(width, height), multiple);
  const most = roundUp(Math.max(width, height), multiple);
  let best: PictureSize = { width: least, height: least };
  let bestDistance = Infinity;
  for (let wide = least; wide <= most; wide += multiple) {
    // The distance has one minimum over heights, so only the multiples on both sides of the exact height can win.
    const exact = wide * height / width;
    const below = Math.floor(exact / multiple) * multiple;
    for (const near of [below, below + multiple]) {
      const tall = Math.min(most, Math.max(least, near));
      const distance = Math.abs(Math.log((wide * height) / (tall * width)));
      const isSmaller = wide * tall < best.width * best.height;
      if (
        distance < bestDistance || (distance === bestDistance && isSmaller)
      ) {
        best = { width: wide, height: tall };
        bestDistance = distance;
      }
    }
  }
  return best;
}

/** Short side `target`, the other one by the ratio; both rounded down to the multiple, and at least one multiple long. */
function reducedSize(
  picture: PictureSize,
  target: number,
  multiple: number,
): PictureSize {
  const scale = target / Math.min(picture.width, picture.height);
  return {
    width: roundDown(picture.width * scale, multiple),
    height: roundDown(picture.height * scale, multiple),
  };
}

/** The part of the picture that is shown, before its sides are rounded. */
function shownSize(picture: PictureSize, sizing: Sizing): PictureSize {
  const { imageSize, fit } = sizing;
  if (imageSize === null) return picture;
  if (fit === "crop") return { width: imageSize, height: imageSize };
  const { width, height } = picture;
  const scale = imageSize / Math.sqrt(width * height);
  if (scale >= 1) return picture;
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

function roundUp(side: number, multiple: number): number {
  return Math.ceil(side / multiple) * multiple;
}

function roundDown(side: number, multiple: number): number {
  return Math.max(multiple, Math.floor(side / multiple) * multiple);
}
