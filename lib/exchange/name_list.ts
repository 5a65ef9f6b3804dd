// Names in a message: as many as a person reads, and the count of all.

/** Names that a message lists before it only counts. */
const MOST_NAMES = 12;

/** "2 missing: a, b"; empty for no names. */
export function nameList(what: string, names: readonly string[]): string {
  if (names.length === 0) return "";
  const shown = names.slice(0, MOST_NAMES).join(", ");
  const rest = names.length - MOST_NAMES;
  return `${names.length} ${what}: ${shown}${
    rest > 0 ? ` and ${rest} more` : ""
  }`;
}
