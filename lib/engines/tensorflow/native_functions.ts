// Work that ran once, kept as a function of TensorFlow's own: run again it is one op, however many it was made of.
import type { TensorflowContext } from "./context.ts";
import { defineFunction } from "./graph_function.ts";
import type { OpExecution } from "./op_execution.ts";
import { type Constant, OpRecording } from "./op_recording.ts";
import type { TensorMetadata, TensorTable } from "./tensor_table.ts";

/** A function of the context. */
export interface NativeFunction {
  readonly name: string;
  /** Positions of the inputs that it takes, of those that its work was given. */
  readonly taken: readonly number[];
  readonly outputs: number;
}

/** Owns the functions of one context, which live as long as it does. */
export class NativeFunctions {
  readonly #context: TensorflowContext;
  readonly #tensors: TensorTable;
  readonly #ops: OpExecution;
  readonly #permanent = new Set<number>();
  #recording: OpRecording | null = null;
  #count = 0;

  constructor(
    context: TensorflowContext,
    tensors: TensorTable,
    ops: OpExecution,
  ) {
    this.#context = context;
    this.#tensors = tensors;
    this.#ops = ops;
  }

  /** What has to be told of all ops and tensors; null while no work is recorded. */
  get recording(): OpRecording | null {
    return this.#recording;
  }

  /** A tensor that never changes and is never freed: a function may hold a copy of its numbers. */
  keep(id: number): void {
    this.#permanent.add(id);
  }

  /**
   * Runs `work` and makes a function of what it did. Its results have to follow from `inputs` and constants alone, and it must not look
   * at numbers. `work` answers the tensors of its results, which stay the caller's, as do those that `work` makes on its way.
   */
  define(
    inputs: readonly number[],
    work: () => readonly number[],
  ): NativeFunction {
    const recording = new OpRecording(
      inputs.map((id) => this.#tensors.describe(id)),
      (id) => this.#constant(id),
    );
    let results;
    this.#recording = recording;
    try {
      results = work();
    } finally {
      this.#recording = null;
    }
    const name = `fluxline_${this.#count++}`;
    const taken = defineFunction(
      this.#context,
      name,
      results.map((id) => recording.value(id)),
    );
    return { name, taken, outputs: results.length };
  }

  /** Runs a function on all inputs that its work was given; the caller owns the outputs. */
  run(
    { name, taken, outputs }: NativeFunction,
    inputs: readonly number[],
  ): TensorMetadata[] {
    const given = taken.map((position) => inputs[position]!);
    return this.#ops.run(name, [], given, outputs);
  }

  #constant(id: number): Constant {
    if (!this.#permanent.has(id)) {
      throw new TypeError(
        `Cannot make a function of work that uses tensor ${id}: it is none of its inputs`,
      );
    }
    const { shape, dtype } = this.#tensors.describe(id);
    return { shape, dtype, values: this.#tensors.read(id) };
  }
}
