// Every picture of a dataset at every size that it is trained at: the examples of an epoch.
import type { PictureSize } from "../format/image_header.ts";

/** Views by number. The first ones are the pictures at their full size, so that view and picture have the same number there. */
export class ViewTable {
  /** How many views; each is seen once per epoch. */
  readonly count: number;
  readonly #pictures: Uint32Array;
  readonly #sizes: readonly PictureSize[];

  /** `sizes`: per picture its sizes, the full one first. */
  constructor(sizes: readonly (readonly PictureSize[])[]) {
    const views = [
      ...sizes.map(([full], picture) => ({ picture, size: full! })),
      ...sizes.flatMap((own, picture) =>
        own.slice(1).map((size) => ({ picture, size }))
      ),
    ];
    this.count = views.length;
    this.#pictures = Uint32Array.from(views, ({ picture }) => picture);
    this.#sizes = views.map(({ size }) => size);
  }

  /** @throws {RangeError} for a view that is not there. */
  pictureOf(view: number): number {
    this.#refuseMissing(view);
    return this.#pictures[view]!;
  }

  /** @throws {RangeError} for a view that is not there. */
  sizeOf(view: number): PictureSize {
    this.#refuseMissing(view);
    return this.#sizes[view]!;
  }

  #refuseMissing(view: number): void {
    if (Number.isInteger(view) && view >= 0 && view < this.count) return;
    throw new RangeError(`Cannot look up view ${view} of ${this.count}`);
  }
}
