// What a tokenizer.json says of itself, read without building the tokenizer: enough to refuse it before anything starts.
import { StoredStateError } from "../error/failure.ts";
import { isRecord } from "../json/record.ts";
import { shortJson } from "../json/short_json.ts";

/** Models that the tokenizer library knows. */
const KNOWN_MODELS = ["WordPiece", "WordLevel", "BPE", "Unigram"];

/** Names of padding in tokenizers that others made, then the ends of a text that stand in for it, as in FluxFlow. */
const PADDING_NAMES = [
  ...["[PAD]", "<pad>", "<|pad|>"],
  ...["</s>", "<|endoftext|>", "<|end_of_text|>", "<eos>", "[EOS]"],
];

/** The tokens that may fill a text up, the best first: what the file itself names, then usual names, then an end of text. */
export function paddingNames(file: unknown): string[] {
  const padding = isRecord(file) ? file.padding : undefined;
  const own = isRecord(padding) ? padding.pad_token : undefined;
  return [...(typeof own === "string" ? [own] : []), ...PADDING_NAMES];
}

/** Facts about a tokenizer. */
export interface TokenizerFacts {
  /** One more than the largest id. */
  readonly vocabSize: number;
}

/**
 * Reads the text of a tokenizer.json.
 *
 * @throws {StoredStateError} when it is no JSON or no tokenizer of a known kind; the message is a clause about the file
 */
export function tokenizerFacts(text: string): TokenizerFacts {
  const file = parse(text);
  const model = isRecord(file) ? file.model : undefined;
  if (!isRecord(file) || !isRecord(model)) {
    throw refused("it is no tokenizer: it has no model");
  }
  const type = model.type;
  const isKnown = type === undefined ||
    KNOWN_MODELS.some((known) => known === type);
  if (!isKnown) {
    throw refused(
      `its model is of type ${shortJson(type)}, wanted ${
        KNOWN_MODELS.join(", ")
      }`,
    );
  }
  const ids = vocabularyIds(model.vocab);
  if (ids.length === 0) throw refused("it has no vocabulary");
  const names = tokenNames(file);
  if (!paddingNames(file).some((name) => names.has(name))) {
    throw refused(
      `it has no padding token and no end of text: ${PADDING_NAMES.join(", ")}`,
    );
  }
  const added = Array.isArray(file.added_tokens)
    ? file.added_tokens.flatMap((token) =>
      isRecord(token) && typeof token.id === "number" ? [token.id] : []
    )
    : [];
  return {
    vocabSize: [...ids, ...added].reduce((a, b) => Math.max(a, b), 0) + 1,
  };
}

/** A map from token to id, or for Unigram a list in the order of the ids. */
function vocabularyIds(vocabulary: unknown): number[] {
  if (Array.isArray(vocabulary)) return vocabulary.map((_, id) => id);
  if (!isRecord(vocabulary)) return [];
  return Object.values(vocabulary).filter((id) => typeof id === "number");
}

function tokenNames(file: Record<string, unknown>): Set<unknown> {
  const { vocab } = file.model as Record<string, unknown>;
  const added = Array.isArray(file.added_tokens) ? file.added_tokens : [];
  const known = Array.isArray(vocab)
    ? vocab.map((entry) => Array.isArray(entry) ? entry[0] : entry)
    : Object.keys(vocab as object);
  return new Set([
    ...known,
    ...added.map((token) => isRecord(token) ? token.content : undefined),
  ]);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refused("it is no JSON", cause);
  }
}

function refused(reason: string, cause?: unknown): StoredStateError {
  return new StoredStateError(reason, {
    cause,
    hint: "Make the tokenizer.json again; it is damaged or of another kind",
  });
}
