// A shuffled order by index, without storing the order; each place of each epoch is found at once.
import { RandomStream } from "./random_stream.ts";

const ROUNDS = 8;
const LARGEST = 2 ** 32;

/**
 * An order of the numbers 0 to size - 1. A Feistel network permutes the next power of four, and walking along its cycles
 * leaves the numbers that are too large out (Black and Rogaway 2002).
 */
export class Permutation {
  readonly size: number;
  readonly #halfBits: number;
  readonly #keys: Int32Array;

  private constructor(size: number, keys: Int32Array) {
    this.size = size;
    this.#halfBits = Math.max(1, Math.ceil(Math.log2(size) / 2));
    this.#keys = keys;
  }

  /**
   * The order of one epoch: a function of the three numbers, and of a name where several things are ordered.
   *
   * @throws {RangeError} when the size is no whole number from 1 to 2^32, or the epoch none from 0 on.
   */
  static of(
    size: number,
    seed: number,
    epoch: number,
    name = "order",
  ): Permutation {
    if (!Number.isInteger(size) || size < 1 || size > LARGEST) {
      throw new RangeError(
        `Cannot permute ${size} items: wanted a whole number from 1 to 2^32`,
      );
    }
    if (!Number.isSafeInteger(epoch) || epoch < 0) {
      throw new RangeError(
        `Cannot order epoch ${epoch}: wanted a whole number from 0 on`,
      );
    }
    const stream = RandomStream.of(seed, `${name}/${epoch}`);
    const keys = Int32Array.from(
      { length: 2 * ROUNDS },
      () => stream.integer(LARGEST - 1),
    );
    return new Permutation(size, keys);
  }

  /**
   * The item at place `index`.
   *
   * @throws {RangeError} when the index is outside 0 to size - 1.
   */
  at(index: number): number {
    if (!Number.isInteger(index) || index < 0 || index >= this.size) {
      throw new RangeError(
        `Cannot look up place ${index} in an order of ${this.size} items`,
      );
    }
    let place = index;
    do place = this.#permute(place); while (place >= this.size);
    return place;
  }

  #permute(value: number): number {
    const bits = this.#halfBits;
    const mask = 2 ** bits - 1;
    let left = Math.floor(value / 2 ** bits);
    let right = value & mask;
    for (let round = 0; round < ROUNDS; round++) {
      const mixed = mix(
        right ^ this.#keys[2 * round]!,
        this.#keys[2 * round + 1]!,
      );
      const next = left ^ (mixed >>> (32 - bits));
      left = right;
      right = next;
    }
    return left * 2 ** bits + right;
  }
}

/** MurmurHash3's finaliser with a key before and after its first product. */
function mix(value: number, key: number): number {
  let hash = (value + key) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) ^ key;
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
