// Decoded pictures that stay in memory, up to a limit.

/** Limit where none is given: 256 MiB, beside a model of tens of megabytes. */
const DEFAULT_LIMIT_BYTES = 256 * 2 ** 20;

/**
 * Keeps what comes first and never drops it. An epoch visits each picture once in a new order, so the picture used longest
 * ago comes next no less likely than the others, and dropping it for a newer one gains nothing.
 */
export class PixelCache {
  readonly #limitBytes: number;
  readonly #pixels = new Map<string, Uint8Array>();
  #sizeBytes = 0;

  constructor(limitBytes: number = DEFAULT_LIMIT_BYTES) {
    this.#limitBytes = limitBytes;
  }

  /** Bytes that are held; never more than the limit. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** What is held under `name`. */
  get(name: string): Uint8Array | undefined {
    return this.#pixels.get(name);
  }

  /** Holds `pixels` if they still fit. */
  keep(name: string, pixels: Uint8Array): void {
    if (this.#pixels.has(name)) return;
    if (this.#sizeBytes + pixels.byteLength > this.#limitBytes) return;
    this.#pixels.set(name, pixels);
    this.#sizeBytes += pixels.byteLength;
  }
}
