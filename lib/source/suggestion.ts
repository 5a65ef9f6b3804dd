// The known name that a mistyped one was probably meant to be.
import { distance } from "fastest-levenshtein";

/**
 * The candidate nearest to `found`, or undefined when none is near enough to be worth a "did you mean".
 * Case, hyphens and underscores do not count as differences; ties go to the earlier candidate.
 */
export function nearestName(
  found: string,
  candidates: Iterable<string>,
): string | undefined {
  const wanted = plain(found);
  if (wanted.length === 0) return undefined;
  let best: { readonly name: string; readonly edits: number } | undefined;
  for (const name of candidates) {
    const other = plain(name);
    const edits = distance(wanted, other);
    const longer = Math.max(wanted.length, other.length);
    // Two swapped letters count as two edits, which a word of five letters may have.
    const isNear = edits < longer &&
      edits <= Math.max(1, Math.floor(longer * 0.4));
    if (!isNear || (best !== undefined && edits >= best.edits)) {
      continue;
    }
    best = { name, edits };
  }
  return best?.name;
}

/** `, did you mean "x"?` for the end of a message, or the empty string. */
export function didYouMean(
  found: string,
  candidates: Iterable<string>,
): string {
  const name = nearestName(found, candidates);
  return name === undefined ? "" : `, did you mean "${name}"?`;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_\s]/g, "");
}
