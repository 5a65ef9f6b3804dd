// Random numbers by name: a stream is a function of (seed, name), and a place in it is one number. Nothing else is state.
import { createHash } from "node:crypto";
import { philox4x32 } from "./philox.ts";

const WORDS_PER_BLOCK = 4;
const TWO_TO_24 = 0x1000000;
const TWO_TO_32 = 0x100000000;

/**
 * A stream of random numbers. Two streams with the same seed and name are equal; any other pair is independent. The same
 * numbers come on every machine.
 */
export class RandomStream {
  readonly #key: Uint32Array;
  /** The lower half counts blocks; the upper half is the stream's, since a key of 64 bits alone tells too few apart. */
  readonly #counter: Uint32Array;
  readonly #block = new Uint32Array(WORDS_PER_BLOCK);
  #position: number;

  private constructor(words: readonly number[], position: number) {
    this.#key = Uint32Array.from(words.slice(0, 2));
    this.#counter = Uint32Array.from([0, 0, ...words.slice(2, 4)]);
    this.#position = position;
    if (position % WORDS_PER_BLOCK !== 0) this.#makeBlock();
  }

  /** The stream called `name` under `seed`, from `position` on: what {@linkcode position} once was continues exactly there. */
  static of(seed: number, name: string, position = 0): RandomStream {
    const digest = createHash("sha256").update(`${seed}/${name}`).digest();
    const words = [0, 4, 8, 12].map((at) => digest.readUInt32LE(at));
    return new RandomStream(words, position);
  }

  /** 32-bit words consumed so far. */
  get position(): number {
    return this.#position;
  }

  /** A number in [0, 1) with 24 random bits, exact as a 32-bit float too; takes one word. */
  uniform(): number {
    return (this.#word() >>> 8) / TWO_TO_24;
  }

  /** A number from N(0, 1); takes two words. Source: Box and Muller 1958. */
  normal(): number {
    const radius = this.#radius();
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A whole number in [0, bound), every one equally likely; takes one word, seldom more. `bound` is 1 to 2^32. */
  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > TWO_TO_32) {
      throw new RangeError(
        `Cannot draw an integer below ${bound}: wanted a bound of 1 to 2^32`,
      );
    }
    const fair = TWO_TO_32 - TWO_TO_32 % bound;
    for (;;) {
      const word = this.#word();
      if (word < fair) return word % bound;
    }
  }

  /** Fills with what {@linkcode uniform} would give one by one. */
  fillUniform(values: Float32Array): void {
    for (let at = 0; at < values.length; at++) values[at] = this.uniform();
  }

  /** Fills with N(0, 1) in pairs; takes two words per pair, and two for an odd last one. */
  fillNormal(values: Float32Array): void {
    for (let at = 0; at < values.length; at += 2) {
      const radius = this.#radius();
      const angle = 2 * Math.PI * this.uniform();
      values[at] = radius * Math.cos(angle);
      if (at + 1 < values.length) values[at + 1] = radius * Math.sin(angle);
    }
  }

  /** Never infinite: the uniform number under the logarithm is in (0, 1]. */
  #radius(): number {
    return Math.sqrt(-2 * Math.log((this.#word() + 1) / TWO_TO_32));
  }

  #word(): number {
    const place = this.#position % WORDS_PER_BLOCK;
    if (place === 0) this.#makeBlock();
    this.#position++;
    return this.#block[place]!;
  }

  #makeBlock(): void {
    const index = Math.floor(this.#position / WORDS_PER_BLOCK);
    this.#counter[0] = index % TWO_TO_32;
    this.#counter[1] = Math.floor(index / TWO_TO_32);
    philox4x32(this.#counter, this.#key, this.#block);
  }
}
