// Kernels made of many ops on many tensors, kept as functions of TensorFlow's own by the shapes of what they are given.
import type { tf } from "../../tensor/tf.ts";
import type { NativeFunction } from "./native_functions.ts";
import type { NativeOps, OpInput } from "./native_ops.ts";

/** Functions on float32 tensors of one backend. */
export class KeptFunctions {
  readonly #ops: NativeOps;
  readonly #known = new Map<string, NativeFunction>();

  constructor(ops: NativeOps) {
    this.#ops = ops;
  }

  /**
   * The results of `work`, which the caller owns. `work` runs once for each `name` and shapes of `tensors`, and must then follow from
   * `tensors` and `scalars` alone; it frees what it makes on its way.
   */
  run(
    name: string,
    tensors: readonly tf.TensorInfo[],
    scalars: readonly number[],
    work: () => tf.TensorInfo[],
  ): tf.TensorInfo[] {
    const ops = this.#ops;
    const { functions } = ops.backend.binding;
    const inputs = ops.idsOf([...tensors, ...scalars] as OpInput[]);
    const key = [name, ...tensors.map(({ shape }) => shape)].join(";");
    let known = this.#known.get(key);
    if (known === undefined) {
      let results: tf.TensorInfo[] = [];
      known = functions.define(inputs, () => {
        results = work();
        return ops.idsOf(results);
      });
      ops.release(...results);
      this.#known.set(key, known);
    }
    return functions.run(known, inputs).map((made) => ops.adopt(made));
  }
}
