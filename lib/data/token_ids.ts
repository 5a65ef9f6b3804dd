// The tokens in a tokenizer.json, which others wrote: looked at before the tokenizer package makes lists of them and of their signs.
import { StoredStateError } from "../error/failure.ts";
import { isRecord } from "../json/record.ts";

const LONGEST_REASON = 300;
/** More tokens than any text encoder has rows for: the package makes a list that is as long as the largest id. */
const MOST_TOKENS = 2 ** 24;

type Token = readonly [text: unknown, id: unknown];

/** Whether a value can be the id of a token. */
export function isTokenId(id: unknown): id is number {
  return typeof id === "number" && Number.isInteger(id) && id >= 0 &&
    id < MOST_TOKENS;
}

/**
 * @throws {StoredStateError} when a token, of the vocabulary or beside it, is no text or has an id that is none. The package would
 * walk over anything with a `length`.
 */
export function refuseOddTokens(
  vocabulary: object,
  addedTokens: unknown,
): void {
  const own: Token[] = Array.isArray(vocabulary)
    ? vocabulary.map((row, id) => [Array.isArray(row) ? row[0] : row, id])
    : Object.entries(vocabulary);
  const added: Token[] = Array.isArray(addedTokens)
    ? addedTokens.map((token) =>
      isRecord(token) ? [token.content, token.id] : [token, null]
    )
    : [];
  for (const [text, id] of [...own, ...added]) {
    if (typeof text !== "string") {
      throw notATokenizer(`token ${JSON.stringify(id) ?? "?"} is no text`);
    }
    if (!isTokenId(id)) {
      throw notATokenizer(
        `the id of ${
          JSON.stringify(text.slice(0, 40))
        } is no whole number below ${MOST_TOKENS}`,
      );
    }
  }
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
