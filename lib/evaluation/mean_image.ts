// The picture that is the best guess when nothing of the picture is known: what a model has to beat.
import type { PictureSource } from "./picture.ts";

/**
 * Mean of all pictures, [height * width * 3] in [0, 1].
 *
 * @throws {RangeError} for no pictures
 */
export async function meanImage(
  pictures: PictureSource,
): Promise<Float32Array> {
  if (pictures.size === 0) {
    throw new RangeError("Cannot take the mean of no pictures");
  }
  const sum = new Float64Array(pictures.height * pictures.width * 3);
  for (let index = 0; index < pictures.size; index++) {
    const pixels = await pictures.pixels(index);
    for (let at = 0; at < sum.length; at++) sum[at]! += pixels[at]!;
  }
  return Float32Array.from(sum, (total) => total / pictures.size / 255);
}
