// Model numbers to pixels.

/** Rows of RGB numbers, -1 black and 1 white. */
export interface PictureValues {
  readonly height: number;
  readonly width: number;
  readonly values: Float32Array;
}

/** Rows of RGB bytes. */
export interface RgbPicture {
  readonly height: number;
  readonly width: number;
  readonly channels: 3;
  readonly data: Uint8Array;
}

/** Clips to [-1, 1] and rounds to the nearest byte. */
export function pictureOf(picture: PictureValues): RgbPicture {
  const data = Uint8Array.from(
    picture.values,
    (value) => Math.round((Math.min(1, Math.max(-1, value)) + 1) * 127.5),
  );
  return { height: picture.height, width: picture.width, channels: 3, data };
}
