// A shuffled order by index: any place of it is computed at once, and no order is stored.
import { RandomStream } from "./random_stream.ts";

const ROUNDS = 12;
const LARGEST_SIZE = 0x100000000;

/**
 * A permutation of 0 .. size - 1 that is a function of (size, seed, epoch). A Feistel network permutes the next power of
 * four; indices that fall outside are sent through it again until they fall inside (cycle walking), which keeps it a
 * bijection. Source: Black and Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002.
 */
export class Permutation {
  readonly size: number;
  readonly #keys: Uint32Array;
  readonly #halfSize: number;

  private constructor(size: number, keys: Uint32Array) {
    this.size = size;
    this.#keys = keys;
    this.#halfSize = 2 ** Math.max(1, Math.ceil(Math.log2(size) / 2));
  }

  /**
   * The order of one epoch.
   *
   * @throws {RangeError} on a size that is not 1 to 2^32
   */
  static of(size: number, seed: number, epoch: number): Permutation {
    if (!Number.isInteger(size) || size < 1 || size > LARGEST_SIZE) {
      throw new RangeError(
        `Cannot permute ${size} items: wanted 1 to 2^32 of them`,
      );
    }
    const stream = RandomStream.of(seed, `permutation/${epoch}`);
    const keys = Uint32Array.from(
      { length: ROUNDS },
      () => stream.integer(LARGEST_SIZE),
    );
    return new Permutation(size, keys);
  }

  /**
   * What stands at place `index`.
   *
   * @throws {RangeError} on an index outside 0 .. size - 1
   */
  at(index: number): number {
    if (!Number.isInteger(index) || index < 0 || index >= this.size) {
      throw new RangeError(
        `Cannot look at place ${index} of ${this.size} items`,
      );
    }
    let place = index;
    do place = this.#encrypt(place); while (place >= this.size);
    return place;
  }

  #encrypt(value: number): number {
    const half = this.#halfSize;
    let left = Math.floor(value / half);
    let right = value % half;
    for (const key of this.#keys) {
      const next = (left ^ mixed((right ^ key) >>> 0)) & (half - 1);
      left = right;
      right = next;
    }
    return left * half + right;
  }
}

/** Spreads every bit over all 32. Source: the finalizer of MurmurHash3. */
function mixed(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
