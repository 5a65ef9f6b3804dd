// A prefix over parameters, so that a layer reads its own weights by PyTorch's short names.
import type { tf } from "../tensor/tf.ts";
import type { Parameters } from "./parameters.ts";

/** Weights whose names begin with one prefix. */
export class Scope {
  readonly #parameters: Parameters;
  readonly #prefix: string;

  constructor(parameters: Parameters, prefix: string) {
    this.#parameters = parameters;
    this.#prefix = prefix;
  }

  /** The scope one or more names further down. */
  in(name: string): Scope {
    return new Scope(this.#parameters, `${this.#prefix}.${name}`);
  }

  /** The weight `name` of this scope. */
  get<T extends tf.Tensor = tf.Tensor>(name: string): T {
    return this.#parameters.get(`${this.#prefix}.${name}`) as tf.Tensor as T;
  }

  /** Whether this scope has the weight `name`. */
  has(name: string): boolean {
    return this.#parameters.has(`${this.#prefix}.${name}`);
  }
}
