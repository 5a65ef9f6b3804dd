// Sines and cosines that code a number (Vaswani et al. 2017), and tables of them.

const WAVELENGTH_BASE = 10_000;

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
export function wave(
  position: number,
  channel: number,
  channels: number,
): number {
  const even = channel - channel % 2;
  const angle = position *
    Math.exp(-even * Math.log(WAVELENGTH_BASE) / channels);
  return channel % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
}
