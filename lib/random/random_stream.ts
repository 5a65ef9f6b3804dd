// Named streams of random numbers. A stream is a function of (seed, name, position), so a checkpoint needs at most its position.
import { normalQuantile } from "./normal_quantile.ts";
import { highProduct, philox, type Words } from "./philox.ts";

const WORDS_PER_BLOCK = 4;
const TWO_POW_32 = 2 ** 32;
const TWO_POW_MINUS_32 = 2 ** -32;
const TWO_POW_MINUS_24 = 2 ** -24;
/** Characters of a name that fill one block: two in a word. */
const CHARACTERS_PER_BLOCK = 2 * WORDS_PER_BLOCK;

/**
 * Random numbers by Philox 4x32-10: the seed is the key, the name's digest the upper half of the counter, the position the
 * lower half. Streams of different seeds or names have nothing in common.
 */
export class RandomStream {
  readonly #key0: number;
  readonly #key1: number;
  readonly #counter: Words;
  readonly #words: Words = new Int32Array(WORDS_PER_BLOCK);
  /** Block that `#words` holds; -1 before the first draw. */
  #block = -1;
  #position: number;

  private constructor(seed: number, name: string, position: number) {
    this.#key0 = lowWord(seed);
    this.#key1 = highWord(seed);
    const digest = nameDigest(name);
    this.#counter = Int32Array.of(0, 0, digest[0]!, digest[1]!);
    this.#position = position;
  }

  /**
   * The stream called `name` under `seed`, from `position` on. `of(seed, name, stream.position)` goes on exactly where
   * `stream` stands.
   *
   * @throws {RangeError} when the seed is no safe integer or the position no safe integer from 0 on.
   */
  static of(seed: number, name: string, position = 0): RandomStream {
    if (!Number.isSafeInteger(seed)) {
      throw new RangeError(
        `Cannot open random stream "${name}": seed ${seed} is no safe integer`,
      );
    }
    if (!Number.isSafeInteger(position) || position < 0) {
      throw new RangeError(
        `Cannot open random stream "${name}": position ${position} is no whole number from 0 on`,
      );
    }
    return new RandomStream(seed, name, position);
  }

  /** Words of 32 bits that were drawn so far. */
  get position(): number {
    return this.#position;
  }

  /** Uniform on [0, 1) in steps of 2^-32; draws one word. */
  uniform(): number {
    return (this.#word() >>> 0) * TWO_POW_MINUS_32;
  }

  /** Standard normal; draws one word. No value lies farther from 0 than 6.4. */
  normal(): number {
    return normalOf(this.#word());
  }

  /**
   * Uniform on the whole numbers 0 to `bound` - 1, without bias (Lemire 2019); draws one word, rarely more.
   *
   * @throws {RangeError} when the bound is no whole number from 1 to 2^32 - 1.
   */
  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound >= TWO_POW_32) {
      throw new RangeError(
        `Cannot draw an integer below ${bound}: wanted a whole number from 1 to 2^32 - 1`,
      );
    }
    const rejected = (TWO_POW_32 - bound) % bound;
    let word = this.#word();
    while ((Math.imul(word, bound) >>> 0) < rejected) word = this.#word();
    return highProduct(word, bound) >>> 0;
  }

  /** Fills with uniform numbers on [0, 1) in steps of 2^-24: a 32-bit float would round the finer ones up to 1. */
  fillUniform(values: Float32Array): void {
    this.#fill(values, (word) => (word >>> 8) * TWO_POW_MINUS_24);
  }

  /** Fills with the numbers that as many calls of {@linkcode normal} would answer. */
  fillNormal(values: Float32Array): void {
    this.#fill(values, normalOf);
  }

  #fill(values: Float32Array, toNumber: (word: number) => number): void {
    const words = this.#words;
    let at = 0;
    // To the next block's first word, whole blocks, and the rest: the words are the same as one by one.
    while (at < values.length && this.#position % WORDS_PER_BLOCK !== 0) {
      values[at++] = toNumber(this.#word());
    }
    for (; at + WORDS_PER_BLOCK <= values.length; at += WORDS_PER_BLOCK) {
      this.#open(this.#position / WORDS_PER_BLOCK);
      this.#position += WORDS_PER_BLOCK;
      values[at] = toNumber(words[0]!);
      values[at + 1] = toNumber(words[1]!);
      values[at + 2] = toNumber(words[2]!);
      values[at + 3] = toNumber(words[3]!);
    }
    while (at < values.length) values[at++] = toNumber(this.#word());
  }

  #word(): number {
    const inBlock = this.#position % WORDS_PER_BLOCK;
    const block = (this.#position - inBlock) / WORDS_PER_BLOCK;
    if (block !== this.#block) this.#open(block);
    this.#position++;
    return this.#words[inBlock]!;
  }

  #open(block: number): void {
    this.#counter[0] = lowWord(block);
    this.#counter[1] = highWord(block);
    philox(this.#counter, this.#key0, this.#key1, this.#words);
    this.#block = block;
  }
}

/** The middle of the word's share of (0, 1), so that neither end is ever reached. */
function normalOf(word: number): number {
  return normalQuantile(((word >>> 0) + 0.5) * TWO_POW_MINUS_32);
}

/** 128 bits of a name: Philox as the block cipher of a Davies-Meyer chain, closed by the length. */
function nameDigest(name: string): Words {
  const state = new Int32Array(WORDS_PER_BLOCK);
  const mixed = new Int32Array(WORDS_PER_BLOCK);
  const absorb = (k0: number, k1: number) => {
    philox(state, k0, k1, mixed);
    for (let at = 0; at < WORDS_PER_BLOCK; at++) state[at]! ^= mixed[at]!;
  };
  for (let from = 0; from < name.length; from += CHARACTERS_PER_BLOCK) {
    for (let at = 0; at < CHARACTERS_PER_BLOCK; at += 2) {
      const low = name.charCodeAt(from + at) || 0;
      const high = name.charCodeAt(from + at + 1) || 0;
      state[at / 2]! ^= low | (high << 16);
    }
    absorb(from, name.length);
  }
  absorb(-1, name.length);
  return state;
}

function lowWord(value: number): number {
  return value | 0;
}

function highWord(value: number): number {
  return Math.floor(value / TWO_POW_32) | 0;
}
