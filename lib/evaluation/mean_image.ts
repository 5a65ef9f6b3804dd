// The picture that is the best guess when nothing of the picture is known: what a model has to beat.
import type { PictureSource } from "./picture.ts";

/**
 * Mean of the pictures at `indices`, which have one size, [height * width * 3] in [0, 1].
 *
 * @throws {RangeError} for no pictures
 */
export async function meanImage(
  pictures: PictureSource,
  indices: readonly number[],
): Promise<Float32Array> {
  if (indices.length === 0) {
    throw new RangeError("Cannot take the mean of no pictures");
  }
  const { height, width } = pictures.sizeOf(indices[0]!);
  const sum = new Float64Array(height * width * 3);
  for (const index of indices) {
    const pixels = await pictures.pixels(index);
    for (let at = 0; at < sum.length; at++) sum[at]! += pixels[at]!;
  }
  return Float32Array.from(sum, (total) => total / indices.length / 255);
}
