// What parts of a record that was read from outside can be, told before anything is done with them.

/** Whether a value is text. */
export function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** Whether a value can be a number of things, such as bytes. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Whether a value is a list whose every entry is one of these. */
export function isListOf<T>(
  value: unknown,
  isOne: (entry: unknown) => entry is T,
): value is T[] {
  return Array.isArray(value) && value.every((entry) => isOne(entry));
}
