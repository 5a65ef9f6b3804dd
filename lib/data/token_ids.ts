// The ids in a tokenizer.json, which others wrote: looked at before the tokenizer package makes a list of them.
import { StoredStateError } from "../error/failure.ts";
import { isRecord } from "../json/record.ts";

const LONGEST_REASON = 300;
/** More tokens than any text encoder has rows for: the package makes a list that is as long as the largest id. */
const MOST_TOKENS = 2 ** 24;

/** Whether a value can be the id of a token. */
export function isTokenId(id: unknown): id is number {
  return typeof id === "number" && Number.isInteger(id) && id >= 0 &&
    id < MOST_TOKENS;
}

/** @throws {StoredStateError} when the id of a token of the vocabulary, or of those beside it, is none. */
export function refuseOddIds(
  vocabulary: object,
  addedTokens: unknown,
): void {
  const own = Array.isArray(vocabulary) ? [] : Object.entries(vocabulary);
  const added = Array.isArray(addedTokens)
    ? addedTokens.map((token) =>
      isRecord(token) ? [String(token.content), token.id] : ["", null]
    )
    : [];
  const odd = [...own, ...added].find(([, id]) => !isTokenId(id));
  if (odd === undefined) return;
  throw notATokenizer(
    `the id of ${
      JSON.stringify(String(odd[0]).slice(0, 40))
    } is no whole number below ${MOST_TOKENS}`,
  );
}

/** What is said of a tokenizer.json that cannot be used. */
export function notATokenizer(
  reason: string,
  cause?: unknown,
): StoredStateError {
  // The package quotes what it does not know, however long that is.
  const shown = reason.replaceAll("[object Object]", "a map")
    .slice(0, LONGEST_REASON);
  return new StoredStateError(`Cannot load tokenizer: ${shown}`, {
    cause,
    hint: "Make the tokenizer.json again; it is damaged or of another kind",
  });
}
