// Captions to token ids, by a tokenizer.json that other tools read too. The built-in one knows the words of the captions.
import { Tokenizer as LoadedTokenizer } from "@huggingface/tokenizers";
import { RefusedError } from "../error/failure.ts";
import { paddingNames } from "../exchange/tokenizer_file.ts";
import { isRecord } from "../json/record.ts";
import { isTokenId, notATokenizer, refuseOddTokens } from "./token_ids.ts";

/** Content of a tokenizer.json in Hugging Face's layout, model `WordLevel`. */
export interface TokenizerFile {
  readonly version: "1.0";
  readonly truncation: null;
  readonly padding: null;
  readonly added_tokens: readonly AddedToken[];
  readonly normalizer: Readonly<Record<string, unknown>>;
  readonly pre_tokenizer: Readonly<Record<string, unknown>>;
  readonly post_processor: Readonly<Record<string, unknown>>;
  readonly decoder: null;
  readonly model: {
    readonly type: "WordLevel";
    readonly vocab: Readonly<Record<string, number>>;
    readonly unk_token: string;
  };
}

interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
  readonly special: boolean;
}

/** Token ids of one text, both arrays as long as was asked for. */
export interface EncodedText {
  /** Filled up with the padding's id. */
  readonly ids: Int32Array;
  /** 1 on tokens, 0 on padding. */
  readonly mask: Int32Array;
}

/** Turns texts into token ids. */
export interface Tokenizer {
  readonly padId: number;
  /** One more than the largest id. */
  readonly vocabSize: number;
  /**
   * Ids of a text. A longer one loses words at its end and keeps the closing token.
   *
   * @throws {RefusedError} when `maxTokens` leaves no room beside the tokens that open and close a text.
   */
  encode(text: string, maxTokens: number): EncodedText;
}

const PAD = "[PAD]";
const UNKNOWN = "[UNK]";
const OPENING = "[CLS]";
const CLOSING = "[SEP]";
const SPECIAL = [PAD, UNKNOWN, OPENING, CLOSING];

/**
 * A tokenizer whose vocabulary is the words and punctuation marks of the captions, lower-case, the most frequent first and
 * equally frequent ones by spelling. The same captions in any order give the same file.
 *
 * @throws {RefusedError} when the vocabulary has no room for a word.
 */
export function buildWordTokenizer(
  captions: Iterable<string>,
  vocabSize: number,
): TokenizerFile {
  if (vocabSize <= SPECIAL.length) {
    throw new RefusedError(
      `Cannot build a tokenizer of ${vocabSize} tokens: ${SPECIAL.length} are taken by padding, unknown words, begin and end`,
      { hint: "Set `model.text_encoder.vocab_size` to a larger number" },
    );
  }
  const counts = new Map<string, number>();
  const splitter = libraryTokenizer(fileWith(SPECIAL), UNKNOWN);
  for (const caption of captions) {
    for (const word of splitter.tokenize(caption)) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  for (const token of SPECIAL) counts.delete(token);
  const words = [...counts.entries()]
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .map(([word]) => word);
  return fileWith([...SPECIAL, ...words].slice(0, vocabSize));
}

/**
 * Loads the content of a tokenizer.json.
 *
 * @throws {StoredStateError} when it is no tokenizer or knows no padding.
 */
export function loadTokenizer(file: unknown): Tokenizer {
  const unknownToken = unknownTokenOf(file);
  let loaded: LoadedTokenizer;
  let vocabulary: Map<string, number>;
  try {
    loaded = libraryTokenizer(file as object, unknownToken);
    vocabulary = loaded.get_vocab();
  } catch (cause) {
    throw notATokenizer(cause instanceof Error ? cause.message : "", cause);
  }
  const names = paddingNames(file);
  const padId = names.map((name) => loaded.token_to_id(name))
    .find((id) => id !== undefined);
  if (padId === undefined) {
    throw notATokenizer(`it has no padding token, none of ${names.join(", ")}`);
  }
  let largest = padId;
  for (const id of vocabulary.values()) largest = Math.max(largest, id);
  const vocabSize = largest + 1;
  return {
    padId,
    vocabSize,
    encode: (text, maxTokens) => {
      const ids = cutIds(loaded, text, maxTokens);
      const isRight = ids.length <= maxTokens &&
        ids.every((id) => isTokenId(id) && id < vocabSize);
      if (!isRight) throw notATokenizer("it gives tokens that it has not");
      return padded(ids, maxTokens, padId);
    },
  };
}

/** What is wrong with a tokenizer.json shows up only where the package first needs it. */
function encoded(
  loaded: LoadedTokenizer,
  text: string,
  options: { readonly add_special_tokens?: boolean } = {},
): readonly number[] {
  try {
    return loaded.encode(text, options).ids;
  } catch (cause) {
    throw notATokenizer(cause instanceof Error ? cause.message : "", cause);
  }
}

/** All ids of a text, or as many words of it as fit between the tokens that open and close it. */
function cutIds(
  loaded: LoadedTokenizer,
  text: string,
  maxTokens: number,
): readonly number[] {
  const ids = encoded(loaded, text);
  if (ids.length <= maxTokens) return ids;
  const words = encoded(loaded, text, { add_special_tokens: false });
  const around = ids.length - words.length;
  if (maxTokens <= around) {
    throw new RefusedError(
      `Cannot cut a text to ${maxTokens} tokens: ${around} are its begin and end`,
      {
        hint:
          "Raise `max_tokens` of the text encoder, or use a tokenizer that puts less around a text",
      },
    );
  }
  const start = openingLength(ids, words);
  const kept = maxTokens - around;
  return [
    ...ids.slice(0, start + kept),
    ...ids.slice(start + words.length),
  ];
}

function openingLength(
  ids: readonly number[],
  words: readonly number[],
): number {
  for (let start = 0; start + words.length <= ids.length; start++) {
    if (words.every((id, at) => ids[start + at] === id)) return start;
  }
  return 0;
}

function padded(
  ids: readonly number[],
  maxTokens: number,
  padId: number,
): EncodedText {
  const filled = new Int32Array(maxTokens).fill(padId);
  filled.set(ids);
  return {
    ids: filled,
    mask: new Int32Array(maxTokens).fill(1, 0, ids.length),
  };
}

/** The package takes the name of the unknown token from a second file that a tokenizer.json does without. */
function libraryTokenizer(
  file: object,
  unknownToken: string | undefined,
): LoadedTokenizer {
  return new LoadedTokenizer(
    file,
    unknownToken === undefined ? {} : { unk_token: unknownToken },
  );
}

function unknownTokenOf(file: unknown): string | undefined {
  if (!isRecord(file)) throw notATokenizer("it is no object");
  const vocabulary = isRecord(file.model) ? file.model.vocab : undefined;
  if (typeof vocabulary !== "object" || vocabulary === null) {
    throw notATokenizer("it has no vocabulary");
  }
  refuseOddTokens(vocabulary, file.added_tokens);
  const { unk_token: token } = file.model as Record<string, unknown>;
  return typeof token === "string" ? token : undefined;
}

function fileWith(tokens: readonly string[]): TokenizerFile {
  const idOf = (token: string) => tokens.indexOf(token);
  const special = (token: string) => ({
    id: token,
    ids: [idOf(token)],
    tokens: [token],
  });
  const template = (...parts: readonly [token: string, type: number][]) =>
    parts.map(([token, type]) =>
      token.length === 1
        ? { Sequence: { id: token, type_id: type } }
        : { SpecialToken: { id: token, type_id: type } }
    );
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map((content) => ({
      id: idOf(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: false,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: template([OPENING, 0], ["A", 0], [CLOSING, 0]),
      pair: template(
        [OPENING, 0],
        ["A", 0],
        [CLOSING, 0],
        ["B", 1],
        [CLOSING, 1],
      ),
      special_tokens: {
        [OPENING]: special(OPENING),
        [CLOSING]: special(CLOSING),
      },
    },
    decoder: null,
    model: {
      type: "WordLevel",
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      unk_token: UNKNOWN,
    },
  };
}
