// Sizes of pictures as a user writes them: a side, "WIDTHxHEIGHT", or a list of both; and which sizes a model can make.
import * as v from "valibot";
import { wholeNumber } from "./option.ts";

const TEXT = /^([1-9]\d*)x([1-9]\d*)$/;
const WANTED =
  "a number, a list of width and height, or a text such as 512x384";
const side = wholeNumber({ min: 1 });

/** Schema of a size. */
export const PICTURE_SIZE = v.union([
  side,
  v.pipe(v.string(), v.regex(TEXT, WANTED)),
  v.strictTuple([side, side]),
], WANTED);

/** A size as written. */
export type WrittenSize = v.InferOutput<typeof PICTURE_SIZE>;

/** Both sides, in pixels. */
export interface PictureSides {
  readonly height: number;
  readonly width: number;
}

/** The sides that were written. */
export function sidesOf(size: WrittenSize): PictureSides {
  if (typeof size === "number") return { height: size, width: size };
  const [width, height] = typeof size === "string"
    ? size.split("x").map(Number) as [number, number]
    : size;
  return { height, width };
}

/** The shortest way to write a size: one number for a square. */
export function writtenSize({ height, width }: PictureSides): WrittenSize {
  return height === width ? width : [width, height];
}

/** The sides in a text of the command line; null where it is no size. */
export function parseSize(text: string): PictureSides | null {
  if (TEXT.test(text)) return sidesOf(text);
  return /^[1-9]\d*$/.test(text) ? sidesOf(Number(text)) : null;
}

/** Places along a side of a latent: FluxFlow's size token tells so many apart. */
const MOST_PLACES = 1024;

/** Why a model that halves pictures `downscales` times cannot make this size; null where it can. */
export function sizeFault(
  sides: PictureSides,
  downscales: number,
): { readonly reason: string; readonly hint: string } | null {
  const multiple = 2 ** downscales;
  const { width, height } = sides;
  const longest = MOST_PLACES * multiple;
  if (Math.max(width, height) > longest) {
    return {
      reason:
        `it is ${width}x${height}, and a side of this model has at most ${longest} pixels`,
      hint:
        `Write sides of at most ${longest} pixels; those that it was trained on look best`,
    };
  }
  if (width % multiple === 0 && height % multiple === 0) return null;
  const nearest = [Math.floor, Math.ceil].map((round) => {
    const near = (one: number) =>
      Math.max(multiple, round(one / multiple) * multiple);
    return `${near(width)}x${near(height)}`;
  });
  return {
    reason:
      `it is ${width}x${height}, and ${downscales} halvings ("model.downscales") want sides that are multiples of ${multiple}`,
    hint: `The nearest sizes are ${[...new Set(nearest)].join(" and ")}`,
  };
}

/** Why a discriminator that halves pictures `depth` times cannot judge this size; null where it can. Each halving needs two rows and two columns. */
export function judgeFault(
  { height, width }: PictureSides,
  depth: number,
): { readonly reason: string; readonly hint: string } | null {
  const least = 2 ** depth;
  const shortest = Math.min(height, width);
  if (shortest >= least) return null;
  const most = Math.max(1, Math.floor(Math.log2(shortest)));
  return {
    reason:
      `pictures of ${width}x${height}: the discriminator halves them ${depth} times, wanted sides of ${least} or more`,
    hint:
      `Write "model.disc_depth: ${most}" or less, or train on larger pictures`,
  };
}
