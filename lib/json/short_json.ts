// Values of others for messages: however long or deep they are, a message stays one line that can be read.

const LONGEST = 100;

/** The value as JSON, cut where it is long; a value that cannot be written is described. */
export function shortJson(value: unknown): string {
  try {
    const text = JSON.stringify(value) ?? String(value);
    return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return "a value that is nested too deeply";
  }
}
