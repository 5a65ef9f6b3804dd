// Fixed sine and cosine codes of places and times (Vaswani et al. 2017).
import { wave } from "../blueprint/waves.ts";
import { tf } from "../tensor/tf.ts";

/**
 * A code of each place of a grid, [1, height * width, channels] in raster order: the first half of the channels codes the row, the
 * rest the column. The caller owns it.
 */
export function positionCode(
  height: number,
  width: number,
  channels: number,
): tf.Tensor3D {
  const forColumns = Math.floor(channels / 2);
  const forRows = channels - forColumns;
  const code = new Float32Array(height * width * channels);
  for (let token = 0; token < height * width; token++) {
    const row = Math.floor(token / width);
    for (let channel = 0; channel < channels; channel++) {
      code[token * channels + channel] = channel < forRows
        ? wave(row, channel, forRows)
        : wave(token % width, channel - forRows, forColumns);
    }
  }
  return tf.tensor3d(code, [1, height * width, channels]);
}
