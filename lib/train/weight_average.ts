// The moving average of a step's trained weights: updated after each update, swapped in for pictures and scores.
import type { StoredArray } from "../blueprint/parameter_spec.ts";
import type { Parameters } from "../nn/parameters.ts";
import {
  disposeAverage,
  type ExponentialMovingAverage,
  startAverage,
  updateAverage,
} from "../optim/parameter_average.ts";
import { tf } from "../tensor/tf.ts";

/** Owns the averaged tensors. */
export class WeightAverage implements Disposable {
  readonly #parameters: Parameters;
  readonly #decay: number;
  #average: ExponentialMovingAverage;
  #updates = 0;

  /** Starts at the present values of `names`. */
  constructor(parameters: Parameters, names: readonly string[], decay: number) {
    this.#parameters = parameters;
    this.#decay = decay;
    const start = new Map(names.map((name) => [name, parameters.get(name)]));
    this.#average = startAverage(start, decay);
  }

  /** Updates so far. */
  get updates(): number {
    return this.#updates;
  }

  /**
   * Takes the present values in. The decay warms up as min(decay, (1 + n) / (10 + n)): without it a step shorter than
   * 1 / (1 - decay) updates would end with an average of mostly its starting weights.
   */
  update(): void {
    const decay = Math.min(
      this.#decay,
      (1 + this.#updates) / (10 + this.#updates),
    );
    const current = new Map(
      [...this.#average.tensors.keys()].map((
        name,
      ) => [name, this.#parameters.get(name)]),
    );
    this.#average = updateAverage({ ...this.#average, decay }, current);
    this.#updates++;
  }

  /** Runs `look` while the weights are the averages; the very same values come back afterwards. */
  async during<T>(look: () => Promise<T>): Promise<T> {
    const kept = new Map<string, tf.Tensor>();
    for (const [name, averaged] of this.#average.tensors) {
      const variable = this.#parameters.get(name);
      kept.set(name, tf.keep(variable.clone()));
      variable.assign(averaged);
    }
    try {
      return await look();
    } finally {
      for (const [name, value] of kept) {
        this.#parameters.get(name).assign(value);
        value.dispose();
      }
    }
  }

  /** What {@linkcode store} reads. */
  get tensors(): tf.Tensor[] {
    return [...this.#average.tensors.values()];
  }

  /** The averages in PyTorch's layout. */
  store(): Map<string, StoredArray> {
    return this.#parameters.toStored(this.#average.tensors);
  }

  /** Goes on from stored averages; names that the step does not train are left out. */
  restore(stored: ReadonlyMap<string, StoredArray>, updates: number): void {
    const own = new Map(
      [...stored].filter(([name]) => this.#average.tensors.has(name)),
    );
    const tensors = new Map(this.#average.tensors);
    for (const [name, tensor] of this.#parameters.fromStored(own)) {
      tensors.get(name)!.dispose();
      tensors.set(name, tf.keep(tensor));
    }
    this.#average = { ...this.#average, tensors };
    this.#updates = updates;
  }

  [Symbol.dispose](): void {
    disposeAverage(this.#average);
  }
}
