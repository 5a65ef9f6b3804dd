// How training sees a picture: mirrored or cropped by chance, the same in every run of one seed.
import type { PictureSize } from "../format/image_header.ts";
import { RandomStream } from "../random/random_stream.ts";
import type { PictureWindow } from "./resize.ts";

/** What a dataset asks for; held-out figures and samples never see it. */
export interface Augmentation {
  /** Mirror each picture left to right in every second epoch, by chance. */
  readonly flip: boolean;
  readonly crop: "center" | "random";
  /** Smallest share of the window's area that a random crop shows, above 0 to 1. */
  readonly cropScale: number;
}

/** Pictures as they are. */
export const NO_AUGMENTATION: Augmentation = {
  flip: false,
  crop: "center",
  cropScale: 1,
};

/** One way to see one picture. */
export interface AugmentationDraw {
  readonly isMirrored: boolean;
  /** Null for the window that is shown without chance. */
  readonly crop: CropDraw | null;
}

/** A crop in shares, so that it fits a picture of any size. */
export interface CropDraw {
  /** Share of the window's area. */
  readonly area: number;
  /** Share of the free columns that lie left of it, 0 to below 1. */
  readonly left: number;
  /** Share of the free rows that lie above it, 0 to below 1. */
  readonly top: number;
}

/** By the picture and not by its place in the batch: another batch size shows the same, and so do all sizes of one picture. */
export function drawAugmentation(
  { flip, crop, cropScale }: Augmentation,
  place: {
    readonly seed: number;
    readonly epoch: number;
    readonly picture: number;
  },
): AugmentationDraw {
  const { seed, epoch, picture } = place;
  const isMirrored = flip &&
    RandomStream.of(seed, `flip/${epoch}`, picture).uniform() < 0.5;
  if (crop === "center") return { isMirrored, crop: null };
  const draw = (name: string) =>
    RandomStream.of(seed, `crop/${name}/${epoch}`, picture).uniform();
  return {
    isMirrored,
    crop: {
      area: cropScale + (1 - cropScale) * draw("area"),
      left: draw("left"),
      top: draw("top"),
    },
  };
}

/** A part of `picture` with the shape of `window`, which is the largest that a crop may show. */
export function croppedWindow(
  picture: PictureSize,
  window: PictureWindow,
  { area, left, top }: CropDraw,
): PictureWindow {
  const side = Math.sqrt(area);
  const width = Math.max(1, Math.round(window.width * side));
  const height = Math.max(1, Math.round(window.height * side));
  return {
    left: Math.floor(left * (picture.width - width + 1)),
    top: Math.floor(top * (picture.height - height + 1)),
    width,
    height,
  };
}
