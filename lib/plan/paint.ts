// Colours of text for a terminal. Codes are written by hand: colour packages read the environment, which a plan may not.

/** Whether text may carry colour codes. */
export interface PaintOptions {
  readonly color: boolean;
}

/** Codes of the terminal. */
export const PAINT = {
  bold: 1,
  red: 31,
  green: 32,
  yellow: 33,
  cyan: 36,
  grey: 90,
} as const;

/** `text` in the colour of a code, as it is where there is no colour. */
export function paint(
  text: string,
  code: number,
  { color }: PaintOptions,
): string {
  return color ? `\u001b[${code}m${text}\u001b[0m` : text;
}

/** `old -> new`, the old value red and the new one green. */
export function paintChange(
  old: string,
  now: string,
  options: PaintOptions,
): string {
  return `${paint(old, PAINT.red, options)} -> ${
    paint(now, PAINT.green, options)
  }`;
}
