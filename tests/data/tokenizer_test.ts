// The word tokenizer: its vocabulary, its file, and texts that are too long or unknown.
import { tokenizerFacts } from "../../lib/exchange/tokenizer_file.ts";
import assert from "node:assert/strict";
import { RefusedError, StoredStateError } from "../../lib/error/failure.ts";
import { buildWordTokenizer, loadTokenizer } from "../../lib/data/tokenizer.ts";

const CAPTIONS = ["A red square, red!", "a blue circle", "a red café"];

function wordsOf(captions: readonly string[], size = 100): string[] {
  const { vocab } = buildWordTokenizer(captions, size).model;
  return Object.entries(vocab).sort(([, a], [, b]) => a - b)
    .map(([word]) => word);
}

Deno.test("buildWordTokenizer() orders words by frequency, then spelling", () => {
  const words = wordsOf(CAPTIONS);
  assert.deepEqual(words, [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "a",
    "red",
    "!",
    ",",
    "blue",
    "café",
    "circle",
    "square",
  ]);
  assert.deepEqual(wordsOf(CAPTIONS.toReversed()), words);
});

Deno.test("buildWordTokenizer() keeps to the vocabulary's size", () => {
  assert.deepEqual(wordsOf(CAPTIONS, 6).slice(4), ["a", "red"]);
  assert.throws(() => buildWordTokenizer(CAPTIONS, 4), RefusedError);
});

Deno.test("a tokenizer loaded from its file gives the words back", () => {
  const file = JSON.parse(JSON.stringify(buildWordTokenizer(CAPTIONS, 100)));
  const tokenizer = loadTokenizer(file);
  const words = wordsOf(CAPTIONS);
  assert.deepEqual([tokenizer.padId, tokenizer.vocabSize], [0, 12]);
  const { ids, mask } = tokenizer.encode("A RED circle!", 8);
  assert.deepEqual([...ids].map((id) => words[id]), [
    "[CLS]",
    "a",
    "red",
    "circle",
    "!",
    "[SEP]",
    "[PAD]",
    "[PAD]",
  ]);
  assert.deepEqual([...mask], [1, 1, 1, 1, 1, 1, 0, 0]);
});

Deno.test("encode() marks unknown words and keeps names of object members apart", () => {
  const tokenizer = loadTokenizer(
    buildWordTokenizer(["constructor red 7 toString"], 100),
  );
  const idsOf = (text: string) => [...tokenizer.encode(text, 6).ids];
  assert.deepEqual(idsOf("redness hasOwnProperty"), [2, 1, 1, 3, 0, 0]);
  assert.equal(new Set(idsOf("constructor 7 tostring")).size, 6);
});

Deno.test("encode() cuts a long text and keeps its closing token", () => {
  const tokenizer = loadTokenizer(buildWordTokenizer(CAPTIONS, 100));
  const { ids, mask } = tokenizer.encode("a red blue circle square", 4);
  assert.deepEqual([...ids], [2, 4, 5, 3]);
  assert.deepEqual([...mask], [1, 1, 1, 1]);
  assert.deepEqual([...tokenizer.encode("a", 3).ids], [2, 4, 3]);
  assert.deepEqual([...tokenizer.encode("", 3).ids], [2, 3, 0]);
  assert.throws(() => tokenizer.encode("a red", 2), RefusedError);
});

Deno.test("loadTokenizer() refuses what is no tokenizer", () => {
  const withoutPadding = {
    model: { type: "WordLevel", vocab: { a: 0 }, unk_token: "a" },
  };
  for (const file of [null, 3, [], {}, { model: {} }, withoutPadding]) {
    assert.throws(() => loadTokenizer(file), StoredStateError);
  }
});

Deno.test("loadTokenizer() refuses tokens that are no text, before anything walks over what they claim to hold", () => {
  const endless = { length: 1e9 };
  const added = {
    ...buildWordTokenizer(["a"], 8),
    added_tokens: [{ id: 2, content: endless }],
  };
  const unigram = {
    model: { type: "Unigram", vocab: [["a", 0], [endless, 0]] },
  };
  for (const file of [added, unigram]) {
    assert.throws(() => loadTokenizer(file), /is no text/);
  }
});

Deno.test("loadTokenizer() fills up with the file's own padding, a usual name, or an end of text, as FluxFlow does", () => {
  const wordLevel = (vocab: Record<string, number>, padding: unknown) => ({
    ...buildWordTokenizer(["red"], 9),
    added_tokens: [],
    post_processor: null,
    padding,
    model: { type: "WordLevel", vocab, unk_token: "red" },
  });
  const own = { pad_token: "<fill>", pad_id: 3 };
  const words = { red: 0, "</s>": 1, "[PAD]": 2, "<fill>": 3 };
  assert.equal(loadTokenizer(wordLevel(words, own)).padId, 3);
  assert.equal(loadTokenizer(wordLevel(words, null)).padId, 2);
  const ends = loadTokenizer(wordLevel({ red: 0, "</s>": 1 }, null));
  assert.equal(ends.padId, 1);
  const { ids, mask } = ends.encode("red", 3);
  assert.deepEqual([[...ids], [...mask]], [[0, 1, 1], [1, 0, 0]]);
  const none = wordLevel({ red: 0 }, null);
  assert.throws(() => loadTokenizer(none), /no padding token/);
  assert.throws(
    () => tokenizerFacts(JSON.stringify(none)),
    /no padding token and no end of text/,
  );
});
