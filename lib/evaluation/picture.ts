// What pictures look like to the measures: plain numbers, so that no tensor is needed.

/** Sides of a picture whose rows hold red, green and blue of each pixel. */
export interface PictureSize {
  readonly height: number;
  readonly width: number;
}

/** Rows of RGB bytes. */
export interface RgbBytes extends PictureSize {
  readonly channels: 3;
  readonly data: Uint8Array;
}

/** Pictures of one size that can be read one by one. */
export interface PictureSource extends PictureSize {
  /** How many. */
  readonly size: number;
  /** RGB bytes of picture `index`, [height * width * 3]. */
  pixels(index: number): Promise<Uint8Array>;
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
