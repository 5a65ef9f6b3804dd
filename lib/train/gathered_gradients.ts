// The gradients of the batches that make one update together: their sum until the update takes their mean.
import { tf } from "../tensor/tf.ts";

/** What is beside the tensors; plain JSON. */
export interface GatheredCounts {
  readonly batches: number;
  /** Sum of their losses, which a plateau schedule watches. */
  readonly loss: number;
}

/** A mean over batches; whoever takes it owns the tensors. */
export interface MeanGradients {
  readonly gradients: ReadonlyMap<string, tf.Tensor>;
  readonly loss: number;
  readonly batches: number;
}

const NOTHING: GatheredCounts = { batches: 0, loss: 0 };

/** Owns the sums. */
export class GatheredGradients implements Disposable {
  #sums = new Map<string, tf.Tensor>();
  #counts = NOTHING;

  /** What was added since the last mean. */
  get counts(): GatheredCounts {
    return this.#counts;
  }

  /** The sums by parameter; they stay this object's. */
  get sums(): ReadonlyMap<string, tf.Tensor> {
    return this.#sums;
  }

  /** Adds one batch; it consumes `gradients`. A weight without a gradient counts as having one of zero. */
  add(gradients: ReadonlyMap<string, tf.Tensor>, loss: number): void {
    for (const [name, gradient] of gradients) {
      const before = this.#sums.get(name);
      this.#sums.set(
        name,
        tf.keep(before === undefined ? gradient : tf.add(before, gradient)),
      );
      if (before !== undefined) tf.dispose([before, gradient]);
    }
    const { batches, loss: sum } = this.#counts;
    this.#counts = { batches: batches + 1, loss: sum + loss };
  }

  /** The mean over the batches so far, and nothing is left; null where there were none. */
  takeMean(): MeanGradients | null {
    const { batches, loss } = this.#counts;
    if (batches === 0) return null;
    const gradients = new Map<string, tf.Tensor>();
    for (const [name, sum] of this.#sums) {
      gradients.set(name, batches === 1 ? sum : tf.div(sum, batches));
      if (batches > 1) sum.dispose();
    }
    this.#sums = new Map();
    this.#counts = NOTHING;
    return { gradients, loss: loss / batches, batches };
  }

  /** Goes on from stored sums, which become this object's. */
  restore(sums: ReadonlyMap<string, tf.Tensor>, counts: GatheredCounts): void {
    this[Symbol.dispose]();
    this.#sums = new Map(sums);
    this.#counts = counts;
  }

  [Symbol.dispose](): void {
    tf.dispose([...this.#sums.values()]);
    this.#sums = new Map();
    this.#counts = NOTHING;
  }
}
