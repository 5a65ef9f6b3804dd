// What pictures look like to the measures: plain numbers, so that no tensor is needed.
import type { PictureSize } from "../format/image_header.ts";

export type { PictureSize } from "../format/image_header.ts";

/** Rows of RGB bytes. */
export interface RgbBytes extends PictureSize {
  readonly channels: 3;
  readonly data: Uint8Array;
}

/** Pictures that can be read one by one. */
export interface PictureSource {
  /** How many. */
  readonly size: number;
  /** Sides of picture `index`. */
  sizeOf(index: number): PictureSize;
  /** RGB bytes of picture `index`, [height * width * 3]. */
  pixels(index: number): Promise<Uint8Array>;
}

/** Whether two pictures fit into one tensor. */
export function isSameSize(a: PictureSize, b: PictureSize): boolean {
  return a.height === b.height && a.width === b.width;
}

/** Places of pictures in passes of one size each, at most `passSize` long; sizes in the order in which they come first. */
export function passesOf(
  pictures: Pick<PictureSource, "sizeOf">,
  indices: readonly number[],
  passSize: number,
): number[][] {
  const bySize = new Map<string, number[]>();
  for (const index of indices) {
    const { height, width } = pictures.sizeOf(index);
    const key = `${width}x${height}`;
    const known = bySize.get(key);
    if (known === undefined) bySize.set(key, [index]);
    else known.push(index);
  }
  const passes: number[][] = [];
  for (const own of bySize.values()) {
    for (let from = 0; from < own.length; from += passSize) {
      passes.push(own.slice(from, from + passSize));
    }
  }
  return passes;
}

/** Clips model numbers in [-1, 1] and moves them to [0, 1]. */
export function unitValues(values: Float32Array): Float32Array {
  return values.map((value) => (Math.min(1, Math.max(-1, value)) + 1) / 2);
}

/** Bytes of numbers in [0, 1], rounded to the nearest. */
export function bytesOf(values: Float32Array, size: PictureSize): RgbBytes {
  return {
    height: size.height,
    width: size.width,
    channels: 3,
    data: Uint8Array.from(values, (value) => Math.round(value * 255)),
  };
}
