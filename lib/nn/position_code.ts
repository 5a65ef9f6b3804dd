// Fixed sine and cosine codes of places and times (Vaswani et al. 2017).
import { tf } from "../tensor/tf.ts";

const WAVELENGTH_BASE = 10_000;

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

/** Fills a table [rows, channels] in which row r is the code of number r. */
export function fillWithWaves(
  values: Float32Array,
  shape: readonly number[],
): void {
  const channels = shape[1]!;
  for (let at = 0; at < values.length; at++) {
    values[at] = wave(Math.floor(at / channels), at % channels, channels);
  }
}

/** Sines on even places, cosines on odd ones, over wavelengths from 2 pi to 2 pi times the base. */
function wave(position: number, channel: number, channels: number): number {
  const even = channel - channel % 2;
  const angle = position *
    Math.exp(-even * Math.log(WAVELENGTH_BASE) / channels);
  return channel % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
}
