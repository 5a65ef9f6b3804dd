// Numbers as a reader compares them.
import { formatBytes } from "../disk/byte_count.ts";

/** Four significant digits; small and large ones as powers of ten. */
export function figure(value: number): string {
  if (value === 0 || Number.isInteger(value) && Math.abs(value) < 1e6) {
    return String(value);
  }
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e6) {
    return value.toExponential(2).replace(/\.?0+e/, "e").replace("e+", "e");
  }
  return String(Number(value.toPrecision(4)));
}

/** With its sign. */
export function signedFigure(value: number): string {
  return value > 0 ? `+${figure(value)}` : figure(value);
}

/** Bytes on an axis. */
export function bytesFigure(value: number): string {
  return formatBytes(value);
}
