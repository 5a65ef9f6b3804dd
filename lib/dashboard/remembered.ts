// An answer that several ask for at once or in quick succession is worked out once.

/** A value that is at most `freshMs` old. */
export class Remembered<T> {
  readonly #find: () => Promise<T>;
  readonly #freshMs: number;
  #value: Promise<T> | null = null;

  constructor(find: () => Promise<T>, freshMs: number) {
    this.#find = find;
    this.#freshMs = freshMs;
  }

  get(): Promise<T> {
    if (this.#value !== null) return this.#value;
    const value = this.#find();
    this.#value = value;
    // It counts from when it is there: what takes long to find is not searched for without a pause.
    const forget = () => {
      if (this.#value === value) this.#value = null;
    };
    value.then(() => {
      const timer = setTimeout(forget, this.#freshMs);
      Deno.unrefTimer(timer);
    }, forget);
    return value;
  }
}
